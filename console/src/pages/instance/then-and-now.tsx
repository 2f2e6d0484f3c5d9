import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from "@/components/ui/table";
import { usePlace } from "@/shell/place";
import { differences } from "@/timeline/difference";
import { useInstance } from "./context";

/** What is not as it was at the moment that is looked at. */
export default function ThenAndNow() {
  const { instance: then } = useInstance();
  const { instance: now } = usePlace();
  if (!now) return null;
  const all = differences(then, now);
  return (
    <Card>
      <CardHeader>
        <CardTitle>Then and now</CardTitle>
      </CardHeader>
      {all.length === 0 ? (
        <CardContent className="text-muted-foreground">Everything was as it is now.</CardContent>
      ) : (
        <Table scrolls="Then and now">
          <TableHeader>
            <TableRow>
              <TableHead>
                <span className="sr-only">What</span>
              </TableHead>
              <TableHead>Then</TableHead>
              <TableHead>Now</TableHead>
            </TableRow>
          </TableHeader>
          <TableBody>
            {all.map(({ label, was, is }) => (
              <TableRow key={label}>
                <TableCell className="pr-0 text-muted-foreground">{label}</TableCell>
                <TableCell className="wrap-anywhere whitespace-normal text-past">{was}</TableCell>
                <TableCell className="wrap-anywhere whitespace-normal">{is}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
    </Card>
  );
}
