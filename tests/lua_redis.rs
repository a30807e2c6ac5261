//! The client of Redis where something goes wrong: connections that are closed, in the middle of a
//! reply too, servers that are silent or speak out of turn, passwords, TLS; and how it is loaded.
//!
//! What needs a server to go wrong has one of its own: one that plays Redis (`lua_redis/fake.rs`),
//! or a `redis-server` on a socket in a temporary folder. The methods themselves are tested by
//! `tests/lua/redis*.lua`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "lua_redis/fake.rs"]
mod fake;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fake::Fake;
use tempfile::TempDir;

/// What every script begins with.
const PRELUDE: &str = r#"
local redis = require("redis")
local function raises(text, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised")
  assert(type(err) == "table" and err:is("redis_error"), tostring(err))
  assert(err.message:find(text, 1, true), err.message .. " has no " .. text)
  return err
end
"#;

/// Runs a script in `freight run`, with these arguments.
fn run(script: &str, arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script.lua");
    std::fs::write(&file, format!("{PRELUDE}{script}\nprint('done')\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_freight"));
    command.arg("run").arg(&file).args(arguments);
    finishes(&mut command);
}

/// The command must print `done` and nothing else.
fn finishes(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    assert_eq!(
        (text(output.stdout), text(output.stderr)),
        ("done\n".to_owned(), String::new())
    );
    assert!(output.status.success());
}

fn run_with(fake: &Fake, script: &str) {
    run(script, &[&fake.port.to_string()]);
}

// -------------------------------------------------------------------- a server that goes wrong

const PONG: &str = "+PONG\r\n";

#[test]
fn a_command_without_a_reply_is_not_sent_again() {
    let fake = Fake::start(&[
        |server| {
            server.answer("PING", PONG);
            server.answer("INCR n", "");
        },
        |server| {
            server.answer("PING", PONG);
            server.answer("GET n", "$1\r\n1\r\n");
            server.stay();
        },
    ]);
    run_with(
        &fake,
        r#"
        local client = redis.connect("127.0.0.1", tonumber(arg[1]))
        local err = raises("lost while `INCR` ran: the server closed it", client.incr, client, "n")
        assert(not err.retryable and err.hint:find("may have been done", 1, true))
        assert(client:get("n") == "1")
        "#,
    );
    assert_eq!(fake.log(), ["1 PING", "1 INCR n", "2 PING", "2 GET n"]);
}

#[test]
fn a_connection_that_was_closed_in_between_is_replaced_as_it_was() {
    let fake = Fake::start(&[
        |server| {
            server.answer("PING", "-NOAUTH Authentication required.\r\n");
            server.answer("AUTH app s3cret", "+OK\r\n");
            server.answer("SELECT 3", "+OK\r\n");
            server.answer("AUTH wrong", "-WRONGPASS no\r\n");
            server.answer("SELECT 99", "-ERR DB index is out of range\r\n");
        },
        |server| {
            server.answer("AUTH app s3cret", "+OK\r\n");
            server.answer("SELECT 3", "+OK\r\n");
            server.answer("INCR n", ":1\r\n");
        },
        |server| {
            server.answer("AUTH app s3cret", "-WRONGPASS it was changed\r\n");
        },
        |server| {
            server.answer("AUTH app s3cret", "+OK\r\n");
            server.answer("SELECT 3", "+OK\r\n");
            server.answer("PING", PONG);
            server.stay();
        },
    ]);
    run_with(
        &fake,
        r#"
        local function wait() os.execute("sleep 0.1") end
        local client = redis.connect("127.0.0.1", tonumber(arg[1]))
        client:auth("app", "s3cret")
        client:select(3)
        raises("WRONGPASS", client.auth, client, "wrong")
        raises("out of range", client.select, client, 99)
        wait()
        assert(client:incr("n") == 1)
        wait()
        local err = raises("refused the password", client.incr, client, "n")
        assert(not tostring(err):find("s3cret", 1, true) and err.native == "WRONGPASS")
        assert(client:ping() == "PONG")
        "#,
    );
    assert_eq!(fake.log().len(), 12);
}

#[test]
fn a_password_that_was_changed_is_told_to_the_client() {
    let fake = Fake::start(&[
        |server| {
            server.answer("AUTH old", "+OK\r\n");
        },
        |server| server.answer("AUTH wrong", "-WRONGPASS no\r\n"),
        |server| {
            server.answer("AUTH new", "+OK\r\n");
            server.answer("AUTH new", "+OK\r\n");
        },
        |server| {
            server.answer("AUTH new", "+OK\r\n");
            server.answer("PING", PONG);
            server.stay();
        },
    ]);
    run_with(
        &fake,
        r#"
        local client = redis.new("redis://:old@127.0.0.1:" .. arg[1])
        os.execute("sleep 0.1")
        raises("refused the password", client.auth, client, "wrong")
        assert(client:auth("new") == "OK")
        os.execute("sleep 0.1")
        assert(client:ping() == "PONG")
        "#,
    );
}

#[test]
fn the_usual_host_and_port_with_a_password_and_a_database() {
    let fake = Fake::start(&[|server| {
        server.answer("PING", "-NOAUTH Authentication required.\r\n");
        server.answer("AUTH password", "+OK\r\n");
        server.answer("SELECT 1", "+OK\r\n");
        server.stay();
    }]);
    run_with(
        &fake,
        r#"
        -- A port that others may use is not for a test.
        local connect = redis.connect
        function redis.connect(host, port)
          assert(port == 6379)
          return connect(host, tonumber(arg[1]))
        end
        local redis = require("redis")
        local client = redis.connect("127.0.0.1", 6379)

        -- With authentication
        client:auth("password")

        -- Select database
        client:select(1)
        "#,
    );
    assert_eq!(fake.log(), ["1 PING", "1 AUTH password", "1 SELECT 1"]);
}

#[test]
fn a_pipeline_that_breaks_in_the_middle_of_a_reply_raises_and_is_not_sent_again() {
    let fake = Fake::start(&[
        |server| {
            server.answer("PING", PONG);
            server.answer("INCR a", ":1\r\n");
            server.answer("GET b", "$10\r\nhal");
            server.answer("INCR c", "");
        },
        |server| {
            server.answer("PING", PONG);
            server.answer("MULTI", "+OK\r\n");
            server.answer("INCR d", "+QUEUED\r\n");
        },
        |server| {
            server.answer("PING", PONG);
            server.answer("GET c", "$1\r\n1\r\n");
            server.stay();
        },
    ]);
    run_with(
        &fake,
        r#"
        local client = redis.connect("127.0.0.1", tonumber(arg[1]))
        raises("lost while `pipeline` ran", client.pipeline, client, function(p)
          p:incr("a"):get("b"):incr("c")
        end)
        raises("lost while `multi` ran", client.multi, client, function(tx) tx:incr("d") end)
        assert(client:get("c") == "1")
        "#,
    );
    let log = fake.log();
    assert_eq!(log.iter().filter(|line| line.contains("INCR")).count(), 3);
    assert_eq!(log.last().unwrap(), "3 GET c");
}

#[test]
fn a_pipeline_that_cannot_be_sent_whole_raises() {
    let fake = Fake::start(&[
        |server| {
            server.answer("PING", PONG);
            server.answer("INCR a", ":1\r\n");
        },
        |server| {
            server.answer("PING", PONG);
            server.stay();
        },
    ]);
    run_with(
        &fake,
        r#"
        local client = redis.connect("127.0.0.1", tonumber(arg[1]))
        raises("lost while `pipeline` ran", client.pipeline, client, function(p)
          p:incr("a"):set("b", ("x"):rep(30000000)):incr("a")
        end)
        "#,
    );
    assert_eq!(fake.log(), ["1 PING", "1 INCR a"]);
}

#[test]
fn a_command_that_was_not_sent_whole_was_not_done_and_is_sent_again() {
    let fake = Fake::start(&[
        |server| {
            server.answer("PING", PONG);
            // It closes before it has read the command.
            server.pause(300);
        },
        |server| {
            server.answer("PING", PONG);
            assert_eq!(server.hear().unwrap().len(), 30_000_006);
            server.say("+OK\r\n");
            server.stay();
        },
        |server| {
            server.answer("PING", PONG);
            server.pause(1000);
        },
        |server| server.stay(),
    ]);
    run_with(
        &fake,
        r#"
        local port, large = tonumber(arg[1]), ("x"):rep(30000000)
        local client = redis.connect("127.0.0.1", port)
        assert(client:set("b", large) == "OK")

        client = redis.connect("127.0.0.1", port, { timeout_ms = 100 })
        raises("no answer within 100 ms", client.set, client, "b", large)
        "#,
    );
    assert_eq!(fake.log().len(), 4);
}

#[test]
fn a_late_reply_is_never_taken_for_another() {
    let fake = Fake::start(&[
        |server| {
            server.answer("PING", PONG);
            server.answer("GET a", "");
            server.pause(300);
            server.say("$4\r\nlate\r\n");
            server.stay();
        },
        |server| {
            server.answer("PING", PONG);
            // It speaks out of turn, too.
            server.answer("GET b", "$1\r\nb\r\n");
            server.pause(50);
            server.say("$4\r\nmore\r\n");
            server.stay();
        },
        |server| {
            server.answer("PING", PONG);
            server.answer("GET c", "$1\r\nc\r\n");
            server.stay();
        },
    ]);
    let start = Instant::now();
    run_with(
        &fake,
        r#"
        local client = redis.connect("127.0.0.1", tonumber(arg[1]), { timeout_ms = 100 })
        local err = raises("`GET` got no answer within 100 ms", client.get, client, "a")
        assert(not err.retryable)
        os.execute("sleep 0.4")
        assert(client:get("b") == "b")
        os.execute("sleep 0.1")
        assert(client:get("c") == "c")
        "#,
    );
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_transaction_is_not_done_where_the_watch_was_lost() {
    let fake = Fake::start(&[
        |server| {
            server.answer("PING", PONG);
            server.answer("WATCH a", "+OK\r\n");
            server.answer("GET a", "$1\r\n1\r\n");
        },
        |server| {
            server.answer("PING", PONG);
            server.answer("GET b", "$1\r\n2\r\n");
            server.answer("MULTI", "+OK\r\n");
            server.answer("SET a 2", "+QUEUED\r\n");
            server.answer("EXEC", "*1\r\n+OK\r\n");
            server.answer("WATCH a", "+OK\r\n");
        },
        |server| {
            server.answer("PING", PONG);
            server.answer("WATCH b", "+OK\r\n");
            server.stay();
        },
        |server| {
            server.answer("PING", PONG);
            server.answer("WATCH a", "+OK\r\n");
            server.answer("UNWATCH", "+OK\r\n");
            server.stay();
        },
    ]);
    run_with(
        &fake,
        r#"
        local client = redis.connect("127.0.0.1", tonumber(arg[1]))
        local function set(tx) tx:set("a", 2) end
        client:watch("a")
        client:get("a")
        os.execute("sleep 0.1")
        assert(client:get("b") == "2")
        assert(raises("the watch on the keys", client.multi, client, set).retryable)
        assert(client:multi(set)[1] == "OK")
        client:watch("a")
        os.execute("sleep 0.1")
        raises("the watch on the keys", client.watch, client, "b")
        client:watch("a")
        client:unwatch()
        "#,
    );
    let log = fake.log();
    assert_eq!(log.iter().filter(|line| line.contains("SET a")).count(), 1);
}

#[test]
fn a_subscriber_reads_on_what_came_in_part_and_notices_silence() {
    let fake = Fake::start(&[
        |server| {
            server.answer("PING", PONG);
            server.stay();
        },
        |server| {
            server.answer("PING", PONG);
            let confirmed = "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n";
            server.answer("SUBSCRIBE c", confirmed);
            server.say("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$11\r\nhello");
            server.pause(200);
            server.say(" there\r\n");
            // Asked whether it is there, it answers once.
            server.answer("PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
            server.answer("PING", "");
            server.stay();
        },
    ]);
    run_with(
        &fake,
        r#"
        local client = redis.connect("127.0.0.1", tonumber(arg[1]), { timeout_ms = 300 })
        local sub = client:subscriber()
        sub:subscribe("c")
        assert(sub:receive(0.05) == nil)
        assert(sub:receive(0.05) == nil)
        assert(sub:receive(1).payload == "hello there")
        raises("the server does not answer", sub.receive, sub)
        "#,
    );
}

#[test]
fn what_listens_there_must_be_redis_and_answer() {
    let fake = Fake::start(&[
        |server| server.say("HTTP/1.1 400 Bad Request\r\n\r\n"),
        |server| server.stay(),
        |server| server.answer("PING", "-ERR max number of clients reached\r\n"),
        |server| {
            server.answer("PING", "-MISCONF no room on the disk\r\n");
            server.answer("GET a", "$1\r\n1\r\n");
            server.stay();
        },
    ]);
    let start = Instant::now();
    run_with(
        &fake,
        r#"
        local port = tonumber(arg[1])
        raises("cannot reach Redis at", redis.connect, "127.0.0.1", port)
        raises("it does not answer in time", redis.connect, "127.0.0.1", port, { connectTimeoutMs = 150 })
        assert(raises("max number of clients", redis.connect, "127.0.0.1", port).retryable)
        assert(redis.connect("127.0.0.1", port):get("a") == "1")
        "#,
    );
    assert!(start.elapsed() < Duration::from_secs(5));
}

// ------------------------------------------------------------------------- a server of our own

/// A `redis-server` of a test's own; gone when dropped.
struct Server {
    child: Child,
    folder: TempDir,
}

impl Server {
    /// Starts one on a socket, with more options; `None` where there is no such program, unless
    /// it is required.
    fn start(options: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let started = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(folder.path().join("socket"))
            .args(options)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            let required = std::env::var("FREIGHT_TEST_REQUIRE").unwrap_or_default();
            assert!(!required.contains("redis"), "there is no redis-server");
            return None;
        };
        let server = Self { child, folder };
        let start = Instant::now();
        while !server.socket().exists() {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "it does not start"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(server)
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_client_that_was_killed_comes_back_with_its_password_and_database() {
    let Some(server) = Server::start(&["--requirepass", "s3/cret@#?"]) else {
        return;
    };
    run(
        r#"
        local place = "unix://" .. arg[1]
        local client = redis.connect(place)
        local err = raises("NOAUTH", client.get, client, "k")
        assert(err.native == "NOAUTH")
        err = raises("WRONGPASS", client.auth, client, "guess")
        assert(not tostring(err):find("guess", 1, true))
        client:auth("s3/cret@#?")
        client:select(2)
        client:set("k", "in two")

        local admin = redis.connect(place .. "?pass=s3%2Fcret%40%23%3F&db=2")
        assert(admin:get("k") == "in two")
        assert(redis.connect(place, { password = "s3/cret@#?", db = 2 }):get("k") == "in two")
        raises("refused the password", redis.new, place .. "?pass=guess")
        raises("refused the database", redis.new, place .. "?db=2")

        for round = 1, 20 do
          assert(admin:command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") >= 1)
          assert(client:incr("counted") == round)
          assert(client:get("k") == "in two")
        end
        -- The server ends what it is told to shut down; then nobody is there.
        pcall(admin.command, admin, "SHUTDOWN", "NOSAVE")
        os.execute("sleep 0.2")
        err = raises("cannot reach Redis at", client.get, client, "k")
        assert(err.retryable)
        "#,
        &[server.socket().to_str().unwrap()],
    );
}

#[test]
fn an_encrypted_connection_is_made_with_whom_it_should_be() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tls");
    let file = |name: &str| fixtures.join(name).to_str().unwrap().to_owned();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
        .to_string();
    let server = Server::start(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        &file("server.pem"),
        "--tls-key-file",
        &file("server.key"),
        "--tls-ca-cert-file",
        &file("ca.pem"),
        "--tls-auth-clients",
        "no",
    ]);
    let Some(_server) = server else { return };
    run(
        r#"
        local port, ca = arg[1], arg[2]
        local client = redis.connect("rediss://localhost:" .. port .. "/1", { ca_file = ca })
        client:set("k", ("x"):rep(1000000))
        assert(#client:get("k") == 1000000)
        client:command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
        -- It answers before it closes.
        os.execute("sleep 0.2")
        assert(#client:get("k") == 1000000)
        local sub = client:subscriber()
        sub:subscribe("c")
        assert(sub:receive(0.05) == nil)
        client:publish("c", "hello")
        assert(sub:receive(1).payload == "hello")

        raises("certificate", redis.connect, "rediss://localhost:" .. port)
        raises("certificate", redis.connect, "rediss://127.0.0.1:" .. port, { ca_file = ca })
        raises("is of no use", redis.connect, "rediss://localhost:" .. port, { ca_file = "nowhere.pem" })
        "#,
        &[&port, &file("ca.pem")],
    );
}

#[test]
fn the_set_up_of_the_guide_runs_as_it_is_written() {
    let Some(server) = Server::start(&["--requirepass", "password"]) else {
        return;
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/integration");
    in_every_host(
        r#"
        local redis = require("redis")
        local file = assert(io.open(arg[2]))
        local text = file:read("*a") .. "\nreturn client"
        file:close()
        -- The server of the test is not where the one of the guide is.
        local stand_in = { connect = function(host, port)
          assert(host == "127.0.0.1" and port == 6379)
          local client = redis.connect("unix://" .. arg[1])
          local ok, err = pcall(client.get, client, "k")
          assert(not ok and err.native == "NOAUTH", tostring(err))
          return client
        end }
        local environment = { require = function(name)
          assert(name == "redis")
          return stand_in
        end }
        local client = assert(load(text, "@guide", "t", environment))()
        assert(client:set("k", "in one") == "OK")
        local checking = redis.connect("unix://" .. arg[1] .. "?pass=password&db=1")
        assert(checking:get("k") == "in one")
        assert(checking:select(0) == "OK" and checking:get("k") == nil)
        "#,
        &[
            server.socket().to_str().unwrap(),
            fixtures.join("10_redis_setup.lua").to_str().unwrap(),
        ],
    );
}

// --------------------------------------------------------------------------------- every host

/// `freight run`, and the other hosts with the module, where it was built.
fn hosts() -> Vec<Command> {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/test-tools");
    let modules = std::env::var_os("FREIGHT_TEST_LUA_MODULES")
        .map(PathBuf::from)
        .or_else(|| Some(usual).filter(|folder| folder.join("luajit/redis.so").exists()));
    let mut freight = Command::new(env!("CARGO_BIN_EXE_freight"));
    freight.arg("run");
    let mut hosts = vec![freight];
    match modules {
        Some(modules) => {
            for (program, folder) in [("lua5.4", "lua54"), ("luajit", "luajit")] {
                let mut host = Command::new(program);
                host.env("LUA_CPATH", modules.join(folder).join("?.so"));
                hosts.push(host);
            }
        }
        None => assert!(
            std::env::var_os("FREIGHT_TEST_REQUIRE").is_none(),
            "FREIGHT_TEST_LUA_MODULES is not set: run `tests/run`"
        ),
    }
    hosts
}

fn in_every_host(script: &str, arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script.lua");
    std::fs::write(&file, format!("{script}\nprint('done')\n")).unwrap();
    for mut host in hosts() {
        finishes(host.arg(&file).args(arguments));
    }
}

#[test]
fn both_modules_are_one_whichever_is_loaded_first() {
    in_every_host(
        r#"
        local redis = require("redis")
        local freight = require("freight")
        assert(freight.redis == redis and require("redis") == redis)
        assert(freight.try(redis.connect, "127.0.0.1", 1) == nil)
        "#,
        &[],
    );
    in_every_host(
        r#"
        local freight = require("freight")
        assert(freight.redis == require("redis") and require("freight") == freight)
        "#,
        &[],
    );
}

#[test]
fn nothing_grows_with_the_number_of_commands() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    in_every_host(
        r#"
        local redis = require("redis")
        local client = redis.connect("unix://" .. arg[1])
        local function work(count)
          for number = 1, count do
            client:set("k" .. number % 10, number)
            client:get("k" .. number % 10)
            client:hgetall("absent")
            if number % 50 == 0 then
              client:pipeline(function(p) p:get("k1"):mget("k1", "k2"):get("k3") end)
              client:multi(function(tx) tx:incr("n") end)
              pcall(client.lpush, client, "k1", "x")
              pcall(client.get, client, nil)
            end
            if number % 500 == 0 then
              client:subscriber():subscribe("c")
            end
          end
          collectgarbage()
          collectgarbage()
        end
        local function pages()
          local file = assert(io.open("/proc/self/statm"))
          local text = file:read("*a")
          file:close()
          return tonumber(text:match("^%d+ (%d+)"))
        end
        work(4000)
        local before = pages()
        work(32000)
        assert(client:flushdb() == "OK" and client:dbsize() == 0)
        assert(pages() - before < 256, pages() - before .. " pages more")
        "#,
        &[server.socket().to_str().unwrap()],
    );
}
