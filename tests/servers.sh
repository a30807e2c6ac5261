# Private throw-away servers for tests/run, which sources this file.
#
# start_servers makes one folder in /dev/shm or /tmp, a database server of each kind in it that
# nobody has given a URL for, and exports the URLs; stop_servers ends them and removes the folder.
#
# Three things see to it that nothing is left, whatever happens to the script:
#   - stop_servers, called by its EXIT trap;
#   - every server is a direct child that the kernel ends when the script dies (`setpriv
#     --pdeathsig`), also by SIGKILL;
#   - the janitor, a process that holds the read end of a pipe whose write end (descriptor 9) only
#     the script has: at the end of file it removes the folder.

server_pids=()
server_names=()

start_servers() {
  folder=
  if [ -n "${FREIGHT_TEST_POSTGRES_URL-}" ] && [ -n "${FREIGHT_TEST_MYSQL_URL-}" ] &&
    [ -n "${FREIGHT_TEST_REDIS_URL-}" ]; then return 0; fi
  # A short path: the name of a Unix socket has room for 107 bytes.
  folder=$(mktemp -d "$(quickest_folder)/freight-test.XXXXXX")
  chmod 755 "$folder"
  mkdir "$folder/tmp"
  exec 9> >(janitor "$folder")
  janitor_pid=$!

  local kind
  local -a kinds=() preparing=()
  [ -n "${FREIGHT_TEST_REDIS_URL-}" ] || kinds+=(redis)
  [ -n "${FREIGHT_TEST_POSTGRES_URL-}" ] || kinds+=(postgres)
  [ -n "${FREIGHT_TEST_MYSQL_URL-}" ] || kinds+=(mysql)
  for kind in "${kinds[@]}"; do
    make_folder "$kind"
    "prepare_$kind" >"$folder/$kind.log" 2>&1 9>&- &
    preparing+=("$!")
  done
  local index=0
  for kind in "${kinds[@]}"; do
    wait "${preparing[$index]}" || { cat "$folder/$kind.log" >&2; fail "could not prepare $kind"; }
    index=$((index + 1))
  done
  for kind in "${kinds[@]}"; do start_server "$kind"; done
  for kind in "${kinds[@]}"; do await_server "$kind"; "publish_$kind"; done
}

stop_servers() {
  local index
  for index in ${server_pids[@]+"${!server_pids[@]}"}; do
    # The data is thrown away, so nobody has to write it down first. QUIT is PostgreSQL's
    # immediate shutdown, which takes its children and its shared memory along.
    case ${server_names[$index]} in
      postgres) kill -QUIT "${server_pids[$index]}" 2>/dev/null || true ;;
      *) kill -KILL "${server_pids[$index]}" 2>/dev/null || true ;;
    esac
  done
  wait ${server_pids[@]+"${server_pids[@]}"} 2>/dev/null || true
  if [ -n "${folder-}" ]; then
    exec 9>&-
    wait "$janitor_pid" 2>/dev/null || true
  fi
}

# Where the files of servers and tests go: into memory where there is room. Thousands of databases
# are made and dropped, and ext4 gives no inode away that was freed less than five seconds before: it
# looks at each of them, for each new file, which took two thirds of all the time of the tests.
quickest_folder() {
  local free available
  free=$(df --output=avail --block-size=1M /dev/shm 2>/dev/null | tail -n 1) || free=0
  available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo 2>/dev/null) || available=0
  if [ -w /dev/shm ] && [ "${free:-0}" -ge 3000 ] && [ "${available:-0}" -ge 6000 ]; then
    echo /dev/shm
  else
    echo /tmp
  fi
}

# Tests write scripts and run them, which some machines forbid in memory.
may_hold_programs() { # FOLDER
  [ -n "${folder-}" ] || return 1
  printf '#!/bin/sh\n' >"$1/program"
  chmod 755 "$1/program"
  "$1/program" 2>/dev/null
}

janitor() { # FOLDER
  trap '' INT TERM HUP
  exec >/dev/null 2>&1
  cat
  local tries
  for tries in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$1" && return
    # A server that is dying still writes.
    sleep 0.5
  done
}

# Runs a command as the leader of a session of its own, which a Ctrl-C at the terminal does not
# reach, and has the kernel send it SIGNAL when this script dies. Call it with `&` and nothing
# else: the process that it replaces has to be a child of this shell.
leash() { # SIGNAL COMMAND…
  local signal=$1
  shift
  if command -v setsid >/dev/null && command -v setpriv >/dev/null; then
    exec setsid setpriv --pdeathsig "$signal" -- "$@"
  fi
  exec "$@"
}

# PostgreSQL and MariaDB refuse to run as root, so root runs each server as the user that its
# package made for it.
user_of() { # KIND
  if id "$1" >/dev/null 2>&1; then echo "$1"; else echo nobody; fi
}
as_user() { # KIND COMMAND…
  local kind=$1
  shift
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid "$(user_of "$kind")" --regid "$(id -g "$(user_of "$kind")")" --clear-groups -- "$@"
  else
    "$@"
  fi
}
make_folder() { # KIND
  mkdir "$folder/$1"
  [ "$(id -u)" != 0 ] || chown "$(user_of "$1"):$(id -g "$(user_of "$1")")" "$folder/$1"
}
leash_as_user() { # KIND SIGNAL COMMAND…
  local kind=$1 signal=$2
  shift 2
  if [ "$(id -u)" = 0 ]; then
    # One setpriv does both: a change of user would make the kernel forget an earlier wish.
    exec setsid setpriv --reuid "$(user_of "$kind")" --regid "$(id -g "$(user_of "$kind")")" \
      --clear-groups --pdeathsig "$signal" -- "$@"
  fi
  leash "$signal" "$@"
}

start_server() { # KIND
  local kind=$1 port
  port=$(free_port)
  printf -v "port_of_$kind" %s "$port"
  "run_$kind" "$port" >"$folder/$kind.log" 2>&1 9>&- &
  server_pids+=("$!")
  server_names+=("$kind")
}

# Waits until a server answers. Another program may have taken the port meanwhile, so a server
# that ends at once is given another one, a few times.
await_server() { # KIND
  local kind=$1 tries=0 index
  local deadline=$((SECONDS + 60))
  until "answers_$kind"; do
    index=$(index_of "$kind")
    if ! kill -0 "${server_pids[$index]}" 2>/dev/null; then
      tries=$((tries + 1))
      [ $tries -lt 5 ] || { cat "$folder/$kind.log" >&2; fail "$kind does not start"; }
      unset "server_pids[$index]" "server_names[$index]"
      start_server "$kind"
    fi
    [ $SECONDS -lt $deadline ] || { cat "$folder/$kind.log" >&2; fail "$kind does not answer"; }
    sleep 0.05
  done
}

index_of() { # KIND
  local index
  for index in "${!server_names[@]}"; do
    [ "${server_names[$index]}" != "$1" ] || echo "$index"
  done
}

report_dead_servers() {
  local index kind
  for index in ${server_pids[@]+"${!server_pids[@]}"}; do
    kind=${server_names[$index]}
    if ! kill -0 "${server_pids[$index]}" 2>/dev/null; then
      say "$kind died; its last words:"
      tail -n 20 "$folder/$kind.log" >&2
    fi
  done
}

# Below the range from which the kernel takes the ports of outgoing connections.
free_port() {
  local port
  while :; do
    port=$((RANDOM % 12000 + 20000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

print_exports() {
  local name
  for name in FREIGHT_TEST_POSTGRES_URL FREIGHT_TEST_POSTGRES_PASSWORD_URL \
    FREIGHT_TEST_POSTGRES_SOCKET_URL FREIGHT_TEST_MYSQL_URL FREIGHT_TEST_MYSQL_SOCKET_URL \
    FREIGHT_TEST_REDIS_URL FREIGHT_TEST_REQUIRE; do
    [ -z "${!name-}" ] || printf "export %s='%s'\n" "$name" "${!name}"
  done
}

# ----------------------------------------------------------------------------------- PostgreSQL

# Debian keeps several versions side by side, outside PATH: the newest one.
postgres_folder() {
  local newest
  newest=$(find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V | tail -n 1)
  [ -n "$newest" ] || newest=$(command -v postgres) || return 1
  dirname "$(readlink -f "$newest")"
}
prepare_postgres() {
  as_user postgres "$(postgres_folder)/initdb" --pgdata "$folder/postgres/data" --username postgres \
    --auth trust --encoding UTF8 --locale C.UTF-8 --no-sync
  # One role has a password; the first line that fits decides.
  local rules=$folder/postgres/data/pg_hba.conf trusting
  trusting=$(<"$rules")
  {
    echo 'local all freight_password scram-sha-256'
    echo 'host all freight_password 127.0.0.1/32 scram-sha-256'
    echo "$trusting"
  } >"$rules"
}
run_postgres() { # PORT
  leash_as_user postgres QUIT "$(postgres_folder)/postgres" -D "$folder/postgres/data" -p "$1" \
    -h 127.0.0.1 -k "$folder/postgres" \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal \
    -c max_wal_senders=0 -c max_connections=200 -c shared_buffers=64MB -c autovacuum=off \
    -c jit=off -c checkpoint_timeout=1h -c log_min_messages=warning
}
postgres_client() {
  PGHOST=$folder/postgres PGPORT=$port_of_postgres PGUSER=postgres PGDATABASE=postgres \
    psql --no-psqlrc --quiet --command "$1"
}
answers_postgres() { postgres_client 'SELECT 1' >/dev/null 2>&1; }
publish_postgres() {
  postgres_client 'CREATE DATABASE freight_test'
  postgres_client "CREATE ROLE freight_password LOGIN PASSWORD 'mellon:@/ %41'"
  export FREIGHT_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port_of_postgres/freight_test"
  export FREIGHT_TEST_POSTGRES_PASSWORD_URL="postgres://freight_password:mellon%3A%40%2F%20%2541@127.0.0.1:$port_of_postgres/freight_test"
  export FREIGHT_TEST_POSTGRES_SOCKET_URL="postgres:///freight_test?host=$folder/postgres&port=$port_of_postgres&user=postgres"
}

# -------------------------------------------------------------------------------------- MariaDB

# The smallest files that InnoDB accepts, written without waiting for the disk.
mysql_options() {
  printf '%s\n' --no-defaults --datadir="$folder/mysql/data" --innodb-doublewrite=0 \
    --innodb-flush-method=nosync --innodb-log-file-size=16M \
    --innodb-data-file-path=ibdata1:4M:autoextend
}
prepare_mysql() {
  local -a options
  mapfile -t options < <(mysql_options)
  as_user mysql mariadb-install-db "${options[@]}" --auth-root-authentication-method=normal \
    --skip-test-db
}
run_mysql() { # PORT
  local -a options
  mapfile -t options < <(mysql_options)
  leash_as_user mysql KILL "$(command -v mariadbd)" "${options[@]}" --socket="$folder/mysql/socket" \
    --port="$1" --bind-address=127.0.0.1 --pid-file="$folder/mysql/pid" --tmpdir="$folder/mysql" \
    --skip-name-resolve --skip-log-bin --max-connections=200 --performance-schema=OFF \
    --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M \
    --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci
}
mysql_client() {
  mariadb --no-defaults --user root --socket "$folder/mysql/socket" --execute "$1"
}
answers_mysql() { mysql_client 'SELECT 1' >/dev/null 2>&1; }
publish_mysql() {
  mysql_client "CREATE DATABASE freight_test;
    CREATE USER freight@'%' IDENTIFIED BY 'freight';
    GRANT ALL ON *.* TO freight@'%' WITH GRANT OPTION"
  export FREIGHT_TEST_MYSQL_URL="mysql://freight:freight@127.0.0.1:$port_of_mysql/freight_test"
  export FREIGHT_TEST_MYSQL_SOCKET_URL="mysql://freight:freight@localhost/freight_test?socket=$folder/mysql/socket"
}

# ---------------------------------------------------------------------------------------- Redis

prepare_redis() { :; }
run_redis() { # PORT
  leash_as_user redis KILL "$(command -v redis-server)" --port "$1" --bind 127.0.0.1 \
    --unixsocket "$folder/redis/socket" --unixsocketperm 777 --dir "$folder/redis" \
    --save '' --appendonly no --daemonize no --loglevel warning --maxmemory 256mb
}
answers_redis() { [ "$(redis-cli -s "$folder/redis/socket" ping 2>/dev/null)" = PONG ]; }
publish_redis() {
  export FREIGHT_TEST_REDIS_URL="redis://127.0.0.1:$port_of_redis/0"
}
