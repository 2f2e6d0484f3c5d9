//! People who order, change and delete instances at random moments, and insist on an answer as programs do: the same
//! request with the same key, at the other server, until one of them answers.

use crate::{
    api::{Answer, Api},
    dice::Dice,
    estate::Estate,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// How many act at once.
const PEOPLE: u64 = 4;
/// Instances that each keeps at most; the org's quota and two cores set the limit.
const EACH: usize = 3;
/// Times that a request is sent before its sender gives up.
const PATIENCE: usize = 40;

/// What was promised to people, and how they were answered.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    /// Jobs that were accepted: job, instance, what was asked.
    pub(crate) jobs: Vec<(String, String, String)>,
    /// How often each answer came, by status and code.
    pub(crate) answers: BTreeMap<String, u32>,
}

pub(crate) struct People {
    pub(crate) api: Api,
    threads: Vec<JoinHandle<()>>,
    enough: Arc<AtomicBool>,
    promises: Arc<Mutex<Promises>>,
}

/// What stands at the end of the fire.
pub(crate) struct Accepted {
    pub(crate) api: Api,
    pub(crate) promises: Promises,
}

/// Registers them and lets them act, each with choices of their own.
pub(crate) fn let_in(estate: &Estate, seed: u64) -> People {
    let api = Api::register(&estate.urls);
    let org = api.read("/v1/orgs").unwrap()["data"][0]["id"].as_str().unwrap().to_owned();
    let project = json!({ "name": "soak" });
    let made = api.once(0, "POST", &format!("/v1/orgs/{org}/projects"), None, Some(&project)).unwrap();
    let project = made.body["id"].as_str().unwrap_or_else(|| panic!("{made:?}")).to_owned();
    let (enough, promises) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::default()));
    let person = |number| Person {
        number,
        api: api.clone(),
        dice: Dice::of(seed, 100 + number),
        project: project.clone(),
        promises: Arc::clone(&promises),
        enough: Arc::clone(&enough),
        mine: Vec::new(),
        asked: 0,
    };
    let threads = (0..PEOPLE).map(person).map(|person| std::thread::spawn(move || person.act())).collect();
    People { api, threads, enough, promises }
}

impl People {
    /// Lets them finish what they are at, and says what they were promised.
    pub(crate) fn send_home(self) -> Accepted {
        self.enough.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("a person fell over");
        }
        let promises = std::mem::take(&mut *self.promises.lock().unwrap());
        eprintln!("soak: {} jobs accepted; answers {:?}", promises.jobs.len(), promises.answers);
        Accepted { api: self.api, promises }
    }
}

struct Person {
    number: u64,
    api: Api,
    dice: Dice,
    project: String,
    promises: Arc<Mutex<Promises>>,
    enough: Arc<AtomicBool>,
    mine: Vec<String>,
    asked: u64,
}

impl Person {
    fn act(mut self) {
        while !self.enough.load(Ordering::Relaxed) {
            if self.mine.is_empty() || self.mine.len() < EACH && self.dice.roll(3) == 0 {
                self.order();
            } else {
                self.change();
            }
            std::thread::park_timeout(Duration::from_millis(self.dice.between(50, 1_500)));
        }
    }

    fn order(&mut self) {
        let name = format!("db-{}-{}", self.number, self.asked);
        let major = *self.dice.pick(&[16, 17, 18]);
        let body = json!({ "name": name, "plan": "nano", "pgVersion": major });
        let path = format!("/v1/projects/{}/instances", self.project);
        let answer = self.insist("POST", &path, Some(&body), "create");
        let instance = answer.and_then(|answer| Some(answer.body["instance"]["id"].as_str()?.to_owned()));
        self.mine.extend(instance);
    }

    fn change(&mut self) {
        let number = usize::try_from(self.dice.roll(self.mine.len() as u64)).unwrap();
        let instance = self.mine[number].clone();
        let path = format!("/v1/instances/{instance}");
        match self.dice.roll(24) {
            0..3 => {
                self.mine.swap_remove(number);
                // Deleted ones too: a delete on top of a delete must be harmless.
                let _ = self.insist("DELETE", &path, None, "delete");
            }
            3..6 => drop(self.insist("POST", &format!("{path}:rotate-creds"), None, "rotate")),
            6..9 => drop(self.insist("POST", &format!("{path}:stop"), None, "stop")),
            9..13 => drop(self.insist("POST", &format!("{path}:start"), None, "start")),
            13..15 => drop(self.insist("POST", &format!("{path}:reboot"), None, "reboot")),
            15..17 => drop(self.insist("POST", &format!("{path}/credentials:reveal"), None, "reveal")),
            17..21 => self.tell_job(&instance, "cancel"),
            21..23 => self.tell_job(&instance, "retry"),
            _ => self.tell_job(&instance, "abandon"),
        }
    }

    /// Cancels, retries or abandons what is under way.
    fn tell_job(&mut self, instance: &str, verb: &str) {
        let view = self.api.read(&format!("/v1/instances/{instance}"));
        let job = view.and_then(|view| Some(view["currentJobId"].as_str()?.to_owned()));
        if let Some(job) = job {
            let _ = self.insist("POST", &format!("/v1/jobs/{job}:{verb}"), None, verb);
        }
    }

    /// Sends a request until it is answered.
    fn insist(&mut self, method: &str, path: &str, body: Option<&Value>, what: &str) -> Option<Answer> {
        self.asked += 1;
        let key = format!("soak-{}-{}", self.number, self.asked);
        for attempt in 0..PATIENCE {
            let server = (self.number as usize + attempt) % 2;
            let answer = self.api.once(server, method, path, Some(&key), body);
            self.count(what, answer.as_ref());
            match answer {
                Some(answer) if answer.status < 500 && answer.status != 429 => {
                    self.remember(&answer, what);
                    return Some(answer);
                }
                _ => std::thread::park_timeout(Duration::from_millis(250)),
            }
        }
        None
    }

    fn count(&self, what: &str, answer: Option<&Answer>) {
        let line = match answer {
            None => "no answer".to_owned(),
            Some(answer) if answer.status < 300 => format!("{what} {}", answer.status),
            Some(answer) => format!("{} {}", answer.status, answer.body["code"].as_str().unwrap_or("?")),
        };
        *self.promises.lock().unwrap().answers.entry(line).or_default() += 1;
    }

    fn remember(&self, answer: &Answer, what: &str) {
        if answer.status == 202
            && let (Some(job), Some(instance)) =
                (answer.body["id"].as_str(), answer.body["instanceId"].as_str())
        {
            let promise = (job.to_owned(), instance.to_owned(), what.to_owned());
            self.promises.lock().unwrap().jobs.push(promise);
        }
    }
}
