//! Mount point property strings (`rootfs`, `mpN`) and sizes.

use std::collections::BTreeMap;

/// A mount point: a volume and its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MountPoint {
    /// Volume id, or `STORAGE:GiB` in a request for a new one.
    pub(crate) volume: String,
    keys: BTreeMap<String, String>,
}

const KEYS: [&str; 11] = [
    "acl",
    "backup",
    "idmap",
    "keepattrs",
    "mountoptions",
    "mp",
    "quota",
    "replicate",
    "ro",
    "shared",
    "size",
];

impl MountPoint {
    /// Parses a property string; the error names the bad key.
    pub(crate) fn parse(text: &str) -> Result<Self, (String, String)> {
        let mut volume = None;
        let mut keys = BTreeMap::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                None => volume = Some(part.to_owned()),
                Some(("volume", value)) => volume = Some(value.to_owned()),
                Some((key, value)) if KEYS.contains(&key) => {
                    keys.insert(key.to_owned(), value.to_owned());
                }
                Some((key, _)) => {
                    let message = "property is not defined in schema and the schema does not allow additional properties";
                    return Err((key.to_owned(), message.to_owned()));
                }
            }
        }
        match volume {
            Some(volume) => Ok(Self { volume, keys }),
            None => Err(("volume".to_owned(), "property is missing and it is not optional".to_owned())),
        }
    }

    /// A mount point of an existing volume.
    pub(crate) fn new(volume: &str, size: &str) -> Self {
        Self { volume: volume.to_owned(), keys: BTreeMap::from([("size".to_owned(), size.to_owned())]) }
    }

    pub(crate) fn path(&self) -> Option<&str> {
        self.keys.get("mp").map(String::as_str)
    }

    pub(crate) fn size_bytes(&self) -> u64 {
        self.keys.get("size").and_then(|size| disk_size(size)).unwrap_or(0)
    }

    pub(crate) fn storage(&self) -> &str {
        self.volume.split(':').next().unwrap_or_default()
    }

    /// `STORAGE:GiB`: the storage and the size in bytes of the volume that is asked for.
    pub(crate) fn request(&self) -> Option<(String, u64)> {
        let (storage, size) = self.volume.split_once(':')?;
        let gib: f64 = size.parse().ok()?;
        // Sizes are far below 2^53, so the conversion is exact enough for whole bytes.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be positive")]
        let bytes = if gib >= 0.0 { (gib * 1_073_741_824.0) as u64 } else { return None };
        Some((storage.to_owned(), bytes))
    }

    pub(crate) fn with_volume(mut self, volume: &str, bytes: u64) -> Self {
        volume.clone_into(&mut self.volume);
        self.with_size(bytes)
    }

    pub(crate) fn with_size(mut self, bytes: u64) -> Self {
        self.keys.insert("size".to_owned(), size_text(bytes));
        self
    }

    /// The stored form: volume first, then keys in order.
    pub(crate) fn text(&self) -> String {
        self.keys.iter().fold(self.volume.clone(), |text, (key, value)| format!("{text},{key}={value}"))
    }
}

/// `4G`, `512M`, … in the largest unit that divides the size.
fn size_text(bytes: u64) -> String {
    for (unit, factor) in [("T", 1_u64 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)] {
        if bytes.is_multiple_of(factor) {
            return format!("{}{unit}", bytes / factor);
        }
    }
    bytes.to_string()
}

/// A size such as `20G` in bytes.
pub(crate) fn disk_size(text: &str) -> Option<u64> {
    let (number, factor) = match text.as_bytes().last()? {
        b'K' => (&text[..text.len() - 1], 1_u64 << 10),
        b'M' => (&text[..text.len() - 1], 1 << 20),
        b'G' => (&text[..text.len() - 1], 1 << 30),
        b'T' => (&text[..text.len() - 1], 1 << 40),
        _ => (text, 1),
    };
    let number: f64 = number.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "factors are powers of two")]
    let bytes = number * factor as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be positive")]
    let bytes = if bytes >= 0.0 { Some(bytes as u64) } else { None };
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_request_from_a_volume() {
        let request = MountPoint::parse("local-zfs:0.5,mp=/data,backup=1").unwrap();
        assert_eq!(request.request(), Some(("local-zfs".to_owned(), 512 << 20)));
        let volume = MountPoint::parse("local-zfs:subvol-101-disk-1,mp=/data,size=8G").unwrap();
        assert_eq!(volume.request(), None);
        assert_eq!(volume.size_bytes(), 8 << 30);
    }

    #[test]
    fn writes_the_stored_form() {
        let mount = MountPoint::parse("mp=/data,volume=local-zfs:8,backup=1").unwrap();
        let stored = mount.with_volume("local-zfs:subvol-101-disk-1", 8 << 30).text();
        assert_eq!(stored, "local-zfs:subvol-101-disk-1,backup=1,mp=/data,size=8G");
    }
}
