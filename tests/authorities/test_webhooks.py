"""The signature of the Standard Webhooks specification, as its reference libraries test it.

github.com/standard-webhooks/standard-webhooks and svix-webhooks, ``sign`` test of each library: secret, id, time,
payload and signature below (read 2026-11-26).
"""

from __future__ import annotations

import numpy as np

from swath.report.alert_feed import signed


def test_the_published_example_is_signed_the_same() -> None:
    at = np.datetime64(1614265330, "s")
    for secret in ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"):
        headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', secret)
        assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        assert headers["webhook-timestamp"] == "1614265330"
