//! A database on its way to its place: unpacked as it arrives, hashed, checked, and renamed over the old one.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::SystemTime;

use flate2::write::GzDecoder;
use md5::{Digest, Md5};
use tempfile::NamedTempFile;

use super::UpdateError;

/// Larger than any address database on the market; a bomb ends here.
const MOST_BYTES: u64 = 4 << 30;
/// The size of a block of a tar archive.
const BLOCK: usize = 512;
/// How the name of a file that is still arriving begins and ends.
const PREFIX: &str = ".rapsheet-";
const SUFFIX: &str = ".temporary";

/// Takes the lock, or says that another process has it. The file stays afterwards, as `geoipupdate` leaves it.
pub(super) fn lock(path: &Path) -> Result<File, UpdateError> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|error| UpdateError::write(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(UpdateError::Locked(path.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(UpdateError::write(path, &error)),
    }
}

/// Removes what runs that were stopped left in the folder. Only who holds the lock may do so: a file of a running update looks alike.
pub(super) fn sweep(directory: &Path) {
    // What can't be removed does no harm but for the room that it takes.
    for file in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = file.file_name();
        let is_ours = name
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if is_ours && file.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// The MD5 of a file in hex; zeros where there is none, as the protocol wants.
pub(super) fn md5_of(path: &Path) -> Result<String, UpdateError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok("0".repeat(32)),
        Err(error) => return Err(UpdateError::write(path, &error)),
    };
    let mut digest = Md5::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hex(digest)),
            Ok(read) => digest.update(&buffer[..read]),
            Err(error) => return Err(UpdateError::write(path, &error)),
        }
    }
}

fn hex(digest: Md5) -> String {
    digest
        .finalize()
        .iter()
        .fold(String::with_capacity(32), |mut text, byte| {
            // Writing to a String can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// What is in the gzip file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// The database itself.
    Bare,
    /// A tar archive that holds the database.
    Tar,
}

/// A new file beside the old one, filled with packed bytes.
pub(super) struct Arriving {
    unpack: GzDecoder<Member>,
}

impl Arriving {
    pub(super) fn new(directory: &Path, packing: Packing) -> io::Result<Self> {
        let file = tempfile::Builder::new()
            .prefix(PREFIX)
            .suffix(SUFFIX)
            .tempfile_in(directory)?;
        Ok(Self {
            unpack: GzDecoder::new(Member {
                packing,
                head: Vec::with_capacity(BLOCK),
                state: match packing {
                    Packing::Bare => ArchivePosition::Inside(MOST_BYTES),
                    Packing::Tar => ArchivePosition::Head,
                },
                file,
                digest: Md5::new(),
            }),
        })
    }

    pub(super) fn take(&mut self, packed: &[u8]) -> io::Result<()> {
        self.unpack.write_all(packed)
    }

    /// Checks that all of it arrived, and that it is a database.
    pub(super) fn finish(self) -> io::Result<Arrived> {
        let member = self.unpack.finish()?;
        let whole = match member.packing {
            Packing::Bare => true,
            Packing::Tar => member.state == ArchivePosition::Behind,
        };
        if !whole {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "no whole `.mmdb` file in the archive",
            ));
        }
        maxminddb::Reader::open_readfile(member.file.path())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        Ok(Arrived {
            md5: hex(member.digest),
            file: member.file,
        })
    }
}

/// A whole database that is not in its place yet.
pub(super) struct Arrived {
    pub(super) md5: String,
    file: NamedTempFile,
}

impl Arrived {
    /// Puts it in its place, so that after a power cut either the old or the new file is there.
    pub(super) fn settle(self, path: &Path, time: Option<SystemTime>) -> io::Result<()> {
        let file = self.file.as_file();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        if let Some(time) = time {
            file.set_modified(time)?;
        }
        file.sync_all()?;
        self.file.persist(path)?;
        #[cfg(unix)]
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ArchivePosition {
    /// In a member's head.
    Head,
    /// In the database, with so many bytes to come.
    Inside(u64),
    /// In another member, with so many bytes to come.
    Beside(u64),
    /// All of the database is there.
    Behind,
}

/// Takes the first `.mmdb` file out of an archive. Its folder and name in there are of no consequence.
struct Member {
    packing: Packing,
    head: Vec<u8>,
    state: ArchivePosition,
    file: NamedTempFile,
    digest: Md5,
}

impl Member {
    /// Reads a head: a name in the first 100 bytes, the size in octal at 124, the kind at 156.
    fn read_head(&mut self) -> io::Result<()> {
        let name = &self.head[..100];
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        let size = std::str::from_utf8(&self.head[124..136])
            .ok()
            .map(|text| text.trim_matches(['\0', ' ']))
            .and_then(|text| match text {
                "" => Some(0),
                _ => u64::from_str_radix(text, 8).ok(),
            })
            .filter(|size| *size <= MOST_BYTES)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not a tar archive"))?;
        let is_file = matches!(self.head[156], b'0' | 0);
        self.state = if is_file && name.ends_with(b".mmdb") && size > 0 {
            ArchivePosition::Inside(size)
        } else if size > 0 {
            ArchivePosition::Beside(size.div_ceil(BLOCK as u64) * BLOCK as u64)
        } else {
            ArchivePosition::Head
        };
        self.head.clear();
        Ok(())
    }
}

impl Write for Member {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let part = |left: u64| bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        Ok(match self.state {
            ArchivePosition::Behind => bytes.len(),
            ArchivePosition::Head => {
                let taken = bytes.len().min(BLOCK - self.head.len());
                self.head.extend_from_slice(&bytes[..taken]);
                if self.head.len() == BLOCK {
                    self.read_head()?;
                }
                taken
            }
            ArchivePosition::Beside(left) => {
                let taken = part(left);
                self.state = match left - taken as u64 {
                    0 => ArchivePosition::Head,
                    left => ArchivePosition::Beside(left),
                };
                taken
            }
            ArchivePosition::Inside(0) => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "far too large"));
            }
            ArchivePosition::Inside(left) => {
                let taken = part(left);
                self.file.write_all(&bytes[..taken])?;
                self.digest.update(&bytes[..taken]);
                self.state = match (left - taken as u64, self.packing) {
                    (0, Packing::Tar) => ArchivePosition::Behind,
                    (left, _) => ArchivePosition::Inside(left),
                };
                taken
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
