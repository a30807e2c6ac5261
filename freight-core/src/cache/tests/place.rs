//! Where the tests run: a database of their own, a namespace of their own, and processes that share
//! both.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::cache::settings::{Settings, Stage};
use crate::cache::{
    Cache, Clock, Fence, Key, Lease, Look, Outage, Reply, Trouble, Wanted, Wire, Writes,
};
use crate::dialect::DialectName;
use crate::driver::{ConnectOptions, DatabaseUrl, Statement};
use crate::{Database, Value};

/// The databases that have a server, and can share a cache with other machines.
pub(super) const SERVERS: [DialectName; 2] = [DialectName::Postgres, DialectName::Mysql];

/// The URL of a server; `None` where there is none, which is a failure where it is demanded.
pub(super) fn server_url(name: &str) -> Option<String> {
    let variable = format!("FREIGHT_TEST_{}_URL", name.to_uppercase());
    let url = std::env::var(&variable).ok();
    let required = std::env::var("FREIGHT_TEST_REQUIRE").unwrap_or_default();
    assert!(
        url.is_some() || !required.split(',').any(|required| required == name),
        "{variable} is not set, and FREIGHT_TEST_REQUIRE demands {name}"
    );
    url
}

/// A database and a namespace; both are gone when it is dropped.
pub(super) struct Place {
    pub(super) dialect: DialectName,
    pub(super) settings: Settings,
    pub(super) clock: ManualClock,
    server: String,
    name: String,
    pub(super) url: String,
    pub(super) redis: String,
}

/// Runs a test on each server.
pub(super) fn on_servers(without: &[Stage], test: impl Fn(&Place)) {
    for dialect in SERVERS {
        if let Some(place) = Place::create(dialect, without) {
            test(&place);
        }
    }
}

impl Place {
    pub(super) fn create(dialect: DialectName, without: &[Stage]) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let redis = server_url("redis")?;
        let server = server_url(dialect.as_str())?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("freight_c{}_{number}", std::process::id());
        open(&server)
            .exec(&format!("CREATE DATABASE {name}"))
            .unwrap();
        let place = Self {
            dialect,
            settings: Settings {
                namespace: format!("test:{name}"),
                without: without.to_vec(),
                ..Settings::default()
            },
            clock: ManualClock::default(),
            url: format!("{}/{name}", server.rsplit_once('/').unwrap().0),
            server,
            name,
            redis,
        };
        let mut database = place.connect();
        database
            .exec(
                "CREATE TABLE ports (id int PRIMARY KEY, name varchar(40)); \
                 INSERT INTO ports VALUES (1, 'one'), (2, 'two');",
            )
            .unwrap();
        Some(place)
    }

    pub(super) fn connect(&self) -> Database {
        open(&self.url)
    }

    /// A process that uses the cache.
    pub(super) fn process(&self) -> Process {
        self.process_with(RedisWire::to(&self.redis))
    }

    pub(super) fn process_with(&self, wire: RedisWire) -> Process {
        let clock = Box::new(self.clock.clone());
        let is_away = Arc::clone(&wire.is_away);
        Process {
            cache: Cache::new(self.settings.clone(), Box::new(wire), clock),
            database: self.connect(),
            second: self.connect(),
            is_away,
            glances: self.dialect == DialectName::Postgres,
        }
    }

    pub(super) fn redis(&self) -> redis::Connection {
        redis::Client::open(self.redis.as_str())
            .unwrap()
            .get_connection()
            .unwrap()
    }

    /// Redis loses a key.
    pub(super) fn evict(&self, key: &Key) {
        redis::cmd("DEL")
            .arg(key.as_bytes())
            .exec(&mut self.redis())
            .unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut redis = self.redis();
        let pattern = format!("{}:*", self.settings.namespace.replace(':', "\\\\."));
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg(pattern).query(&mut redis).unwrap();
        if !keys.is_empty() {
            redis::cmd("DEL").arg(keys).exec(&mut redis).unwrap();
        }
        let force = match self.dialect {
            DialectName::Postgres => " WITH (FORCE)",
            _ => "",
        };
        let drop = format!("DROP DATABASE {}{force}", self.name);
        open(&self.server).exec(&drop).unwrap();
    }
}

pub(super) fn open(url: &str) -> Database {
    Database::open(
        &DatabaseUrl::parse(url).unwrap(),
        &ConnectOptions::default(),
    )
    .unwrap()
}

/// A clock that a test moves; waiting moves it.
#[derive(Clone, Default)]
pub(super) struct ManualClock {
    micros: Arc<AtomicU64>,
    meanwhile: Arc<Mutex<Option<Meanwhile>>>,
}

type Meanwhile = Box<dyn FnOnce() + Send>;

impl ManualClock {
    pub(super) fn advance(&self, milliseconds: u64) {
        self.micros.fetch_add(milliseconds * 1000, Ordering::SeqCst);
    }

    /// What others do while somebody waits for the first time from now on.
    pub(super) fn meanwhile(&self, work: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::new(work));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::from_micros(self.micros.load(Ordering::SeqCst))
    }

    fn wait(&self, time: Duration) {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(work) = meanwhile {
            work();
        }
        let micros = u64::try_from(time.as_micros()).unwrap();
        self.micros.fetch_add(micros, Ordering::SeqCst);
    }
}

/// A process: its cache, the connection of its work, and another one.
pub(super) struct Process {
    pub(super) cache: Cache,
    pub(super) database: Database,
    pub(super) second: Database,
    is_away: Arc<Mutex<bool>>,
    /// Looks begin with plain commands, and not with a script; one database each, because it makes
    /// no difference to them.
    glances: bool,
}

/// What a reader has in its hands between READ and FILL.
pub(super) enum Read {
    Hit(String),
    Fill(Lease),
    Bypass,
}

impl Process {
    /// The first step of a reader of the row.
    pub(super) fn look(&mut self, id: i64) -> Read {
        let keys = self.cache.keys().clone();
        let wanted = Wanted {
            values: &[keys.row("ports", &[&id.to_string()])],
            generations: &[keys.all(), keys.rows("ports")],
            absences: Some(&keys.absences("ports")),
            shape: "ports",
        };
        self.look_for(&wanted)
    }

    /// The first step of a reader of a query.
    pub(super) fn look_query(&mut self) -> Read {
        let keys = self.cache.keys().clone();
        let wanted = Wanted {
            values: &[keys.query(b"names")],
            generations: &[keys.all(), keys.queries("ports")],
            absences: None,
            shape: "names",
        };
        self.look_for(&wanted)
    }

    fn look_for(&mut self, wanted: &Wanted<'_>) -> Read {
        self.cache.is_warm = self.glances;
        let dialect = self.database.dialect;
        let mut looks = self
            .cache
            .look(&mut *self.database.connection, dialect, wanted);
        match looks.pop().unwrap() {
            Look::Hit(value) => Read::Hit(String::from_utf8(value).unwrap()),
            Look::Fill(lease) => Read::Fill(lease),
            Look::Bypass => Read::Bypass,
        }
    }

    /// The second one: the database.
    pub(super) fn select(&mut self, id: i64) -> String {
        let select = Statement::new("SELECT name FROM ports WHERE id = ?").bind(id);
        match self.database.connection.fetch_value(&select).unwrap() {
            Value::Text(name) => name,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn select_names(&mut self) -> String {
        self.select(1) + "," + &self.select(2)
    }

    /// The last one.
    pub(super) fn fill(&mut self, lease: Lease, value: &str) {
        let time = Duration::from_secs(60);
        self.cache.fill(lease, value.as_bytes().to_vec(), time);
        self.settle();
    }

    /// What was sent without waiting has arrived.
    pub(super) fn settle(&mut self) {
        let _ = self
            .cache
            .server
            .command(&[b"PING"], Duration::from_secs(5));
    }

    /// All steps of a reader: what it gets.
    pub(super) fn read(&mut self, id: i64) -> String {
        match self.look(id) {
            Read::Hit(value) => value,
            Read::Bypass => self.select(id),
            Read::Fill(lease) => {
                let value = self.select(id);
                self.fill(lease, &value);
                value
            }
        }
    }

    pub(super) fn read_query(&mut self) -> String {
        match self.look_query() {
            Read::Hit(value) => value,
            Read::Bypass => self.select_names(),
            Read::Fill(lease) => {
                let value = self.select_names();
                self.fill(lease, &value);
                value
            }
        }
    }

    /// A transaction that has changed a row.
    pub(super) fn change(&mut self, id: i64, name: &str) {
        self.database.connection.begin().unwrap();
        let update = Statement::new("UPDATE ports SET name = ? WHERE id = ?");
        let update = update.bind(name).bind(id);
        self.database.connection.execute(&update).unwrap();
    }

    pub(super) fn row(&self, id: i64) -> Writes {
        let mut writes = Writes::default();
        let key = self.cache.keys().row("ports", &[&id.to_string()]);
        writes.row("ports", key);
        writes
    }

    pub(super) fn table(&self) -> Writes {
        let mut writes = Writes::default();
        writes.table("ports");
        writes
    }

    pub(super) fn fence(&mut self, writes: &Writes) -> Fence {
        let life = self.cache.settings().fence;
        self.cache.fence(writes, life).unwrap()
    }

    pub(super) fn commit(&mut self) {
        self.database.connection.commit().unwrap();
    }

    /// A commit with fences, of a transaction that has changed something.
    pub(super) fn commit_fenced(&mut self, writes: &Writes) {
        let fence = self.fence(writes);
        self.commit();
        self.release(fence);
    }

    /// Suspends the cache.
    pub(super) fn suspend(&mut self) -> Outage {
        let dialect = self.database.dialect;
        let second = &mut *self.second.connection;
        self.cache.suspend(second, dialect).unwrap()
    }

    /// Whether the transaction may commit without fences.
    pub(super) fn confirm(&mut self, outage: &Outage) -> bool {
        let dialect = self.database.dialect;
        let connection = &mut *self.database.connection;
        self.cache.confirm(connection, dialect, outage).unwrap()
    }

    /// All steps of a writer without Redis, before the commit.
    pub(super) fn prepare_without_redis(&mut self) {
        let outage = self.suspend();
        self.cache.wait_for(&outage);
        assert!(self.confirm(&outage));
    }

    pub(super) fn release(&mut self, fence: Fence) {
        assert!(self.cache.release(fence));
        self.settle();
    }

    /// The connection to Redis ends, as it does when Redis begins anew.
    pub(super) fn lose_connection(&mut self) {
        self.set_away(true);
        let limit = Duration::from_secs(5);
        assert!(self.cache.server.command(&[b"PING"], limit).is_err());
        self.set_away(false);
    }

    /// The network between this process and Redis.
    pub(super) fn set_away(&self, is_away: bool) {
        *self.is_away.lock().unwrap() = is_away;
    }
}

/// The blocking client of the crate `redis`.
pub(super) struct RedisWire {
    url: String,
    connection: Option<redis::Connection>,
    pub(super) is_away: Arc<Mutex<bool>>,
    /// It asks for scripts that the server does not know.
    is_forgetful: bool,
    /// So many replicas answer for the server, which has none.
    pub(super) replicas: Arc<Mutex<Option<u32>>>,
    /// The commands that were sent, and `<` for each reply that was waited for.
    pub(super) log: Arc<Mutex<Vec<String>>>,
    /// The connection ends when it is to wait for them, once.
    pub(super) ends_at_wait: Arc<Mutex<bool>>,
}

impl RedisWire {
    pub(super) fn to(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            connection: None,
            is_away: Arc::default(),
            is_forgetful: false,
            replicas: Arc::default(),
            log: Arc::default(),
            ends_at_wait: Arc::default(),
        }
    }

    /// As if somebody had the server forget its scripts before each call.
    pub(super) fn forgetful(place: &Place) -> Self {
        Self {
            is_forgetful: true,
            ..Self::to(&place.redis)
        }
    }

    fn log(&self, word: &str) {
        self.log.lock().unwrap().push(word.to_owned());
    }

    fn check(&self) -> Result<(), Trouble> {
        match *self.is_away.lock().unwrap() {
            true => Err(Trouble::Unreachable("the network is down".to_owned())),
            false => Ok(()),
        }
    }
}

pub(super) fn trouble(error: &redis::RedisError) -> Trouble {
    if error.is_timeout() {
        Trouble::Late
    } else if let Some(code) = error.code() {
        Trouble::Refused {
            code: code.to_owned(),
            text: error.to_string(),
        }
    } else {
        Trouble::Unreachable(error.to_string())
    }
}

pub(super) fn reply(value: redis::Value) -> Result<Reply, Trouble> {
    Ok(match value {
        redis::Value::Nil => Reply::Nil,
        redis::Value::Int(number) => Reply::Integer(number),
        redis::Value::BulkString(bytes) => Reply::Bytes(bytes),
        redis::Value::SimpleString(text) => Reply::Bytes(text.into_bytes()),
        redis::Value::Okay => Reply::Bytes(b"OK".to_vec()),
        redis::Value::Array(list) => {
            Reply::List(list.into_iter().map(reply).collect::<Result<_, _>>()?)
        }
        redis::Value::ServerError(error) => {
            return Err(Trouble::Refused {
                code: error.code().to_owned(),
                text: format!("{error:?}"),
            });
        }
        other => panic!("{other:?}"),
    })
}

impl Wire for RedisWire {
    fn send(&mut self, words: &[&[u8]], limit: Duration) -> Result<(), Trouble> {
        self.check()?;
        self.log(&String::from_utf8_lossy(words[0]));
        if words.first() == Some(&b"WAIT".as_slice())
            && std::mem::take(&mut *self.ends_at_wait.lock().unwrap())
        {
            return Err(Trouble::Unreachable("the connection has ended".to_owned()));
        }
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let client = redis::Client::open(self.url.as_str()).map_err(|e| trouble(&e))?;
                let opened = client.get_connection_with_timeout(Duration::from_secs(5));
                none.insert(opened.map_err(|e| trouble(&e))?)
            }
        };
        // A machine that does nothing else answers at once; one that runs many tests does not.
        let limit = limit.max(Duration::from_secs(5));
        let set = connection.set_read_timeout(Some(limit));
        set.map_err(|e| trouble(&e))?;
        let words = match (words, *self.replicas.lock().unwrap()) {
            ([b"WAIT", ..], Some(count)) => {
                vec![
                    b"EVAL".to_vec(),
                    format!("return {count}").into_bytes(),
                    b"0".to_vec(),
                ]
            }
            _ => words.iter().map(|word| word.to_vec()).collect(),
        };
        let mut command = redis::Cmd::new();
        let unknown = "0".repeat(40);
        for (place, word) in words.iter().enumerate() {
            let is_digest = place == 1 && words.first().is_some_and(|word| word == b"EVALSHA");
            match self.is_forgetful && is_digest {
                true => command.arg(&unknown),
                false => command.arg(word),
            };
        }
        let sent = connection.send_packed_command(&command.get_packed_command());
        sent.map_err(|e| trouble(&e))
    }

    fn receive(&mut self) -> Result<Reply, Trouble> {
        self.check()?;
        self.log("<");
        match &mut self.connection {
            None => Err(Trouble::Unreachable("there is no connection".to_owned())),
            Some(connection) => match connection.recv_response() {
                Ok(value) => reply(value),
                Err(error) => Err(trouble(&error)),
            },
        }
    }

    fn is_alive(&mut self) -> bool {
        self.connection.is_some() && self.check().is_ok()
    }

    fn close(&mut self) {
        self.connection = None;
    }
}
