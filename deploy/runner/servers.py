"""The four kinds of process of a start: Redis, simulated departments, web, worker. Each is ready when it answers."""

import http.client
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

from .children import Children
from .surroundings import Place, redis_binary
from .trouble import StartError, say

DAY_SECONDS = 2  # how long a working day takes at the simulated departments
WEB_GRACE = 10.0
WORKER_GRACE = 20.0  # seconds for calls to departments that are under way
CALL_TIMEOUT = 1.0
PING = "import sys, redis; redis.Redis.from_url(sys.argv[1], socket_connect_timeout=5).ping()"


def start_redis(place: Place, children: Children, path: Path) -> Callable[[], None]:
    """Start the embedded Redis on a unix socket, or check the one that was given; return what awaits it."""
    if place.gives("REDIS_URL"):
        check_given_redis(place)
        return lambda: None
    say("Starting the embedded Redis ...")
    path.unlink(missing_ok=True)
    listen = ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--dir", str(path.parent)]
    # It may lose everything at any time: the rows of the database are the truth.
    keep = ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
    command = [str(redis_binary(place)), *listen, *keep, "--loglevel", "warning"]
    child = children.start("embedded Redis", command, place.log("redis"))
    return lambda: children.wait_ready(child, lambda: answers_ping(path))


def check_given_redis(place: Place) -> None:
    """Stop with a sentence if the Redis of the environment does not answer."""
    url = place.given.get("REDIS_URL") or Path(place.given["REDIS_URL_FILE"]).read_text().strip()
    address = url.replace("redis+socket://", "unix://", 1)
    done = subprocess.run([place.python, "-c", PING, address], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StartError("The Redis server of REDIS_URL does not answer:", done.stderr.splitlines()[-1:])


def start_simulator(place: Place, children: Children, port: int) -> Callable[[], None]:
    """Start the simulated departments; return what awaits them."""
    command = [place.python, "-m", "services.simulator", "--host", "127.0.0.1", "--port", str(port)]
    # The secret goes by the environment, where other accounts of this machine do not see it.
    command += ["--catalogue", "lifeevents/catalogue", "--day-seconds", str(DAY_SECONDS)]
    command += ["--state", str(place.var / "departments.jsonl")]
    child = children.start("simulated departments", command, place.log("simulator"))
    return lambda: children.wait_ready(child, lambda: answers_healthz(port))


def start_portal(place: Place, children: Children) -> None:
    """Start web and worker together and wait until the web answers."""
    serve = ["--worker-class", "gthread", "--threads", "8", "--workers", "1", "--bind", f"127.0.0.1:{place.port}"]
    # Its control socket would lie in the user's home, outside var/, and be shared by every start.
    command = [place.python, "-m", "gunicorn", "portal.wsgi", *serve, "--no-control-socket"]
    web = children.start("web server", command, place.log("web"), WEB_GRACE)
    start_worker(place, children)
    children.wait_ready(web, lambda: answers_healthz(place.port))


def start_worker(place: Place, children: Children) -> None:
    """Start the Celery worker that runs the courier."""
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
    command = [place.python, "-m", "celery", "-A", "portal", "worker", "-Q", "courier", "--pool", "prefork"]
    children.start("worker", [*command, "--concurrency", "2", *quiet], place.log("worker"), WORKER_GRACE)


def answers_ping(path: Path) -> bool:
    """Say whether a Redis answers on this unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(CALL_TIMEOUT)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(7).startswith(b"+PONG")
        except OSError:
            return False


def answers_healthz(port: int) -> bool:
    """Say whether a server of ours answers on this port of the loopback."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CALL_TIMEOUT)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
