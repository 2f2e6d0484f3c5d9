import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A message as it came in. */
export interface Message {
  id: string;
  type: string;
  timestamp: string;
  signature: string;
  body: string;
}

/** A program of a customer's that is told what happens: it keeps every message and answers as it is told to. */
export class Receiver {
  readonly messages: Message[] = [];
  answers = 200;
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on("request", async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const header = (name: string) => String(request.headers[`webhook-${name}`] ?? "");
      receiver.messages.push({ id: header("id"), type: (JSON.parse(body) as { type: string }).type, timestamp: header("timestamp"), signature: header("signature"), body });
      response.writeHead(receiver.answers).end(receiver.answers < 300 ? "" : "no room for this");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }
  of(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }
  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** How standardwebhooks.com signs a message. */
export function signatureOf({ id, timestamp, body }: Message, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}
