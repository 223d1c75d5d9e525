"""TensorZero's own gateway, as its Python package embeds it: real.py <config> [<ClickHouse's address>].

It prints its address and ends with its input. Its own server is asked, with no Python on the way.
"""

import sys
from urllib.parse import urlsplit

from tensorzero.tensorzero import _start_http_gateway

config, clickhouse = [*sys.argv[1:], None][:2]
gateway = _start_http_gateway(
    config_file=config, clickhouse_url=clickhouse, postgres_url=None, valkey_url=None, async_setup=False
)
print(f"http://{urlsplit(gateway.base_url).netloc}", flush=True)
sys.stdin.read()
