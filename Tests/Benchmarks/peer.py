"""oidc-agent as a peer: set up without a person, with a token of the same length as ours."""

import os
import shutil
import subprocess

from provider import Provider

PROGRAMS = ["oidc-agent", "oidc-gen", "oidc-token"]
REQUEST = '{"request":"access_token","account":"bench","min_valid_period":60}'


def is_installed():
    return all(shutil.which(program) for program in PROGRAMS)


class Agent:
    def __init__(self, house, access_token):
        self.socket = house.path("oidc.sock")
        home = house.path("oidc")
        os.makedirs(home)
        # Without it, the system's list of issuers is asked.
        with open(os.path.join(home, "issuer.config"), "w", encoding="utf-8"):
            pass
        self.environment = {
            "OIDC_SOCK": self.socket, "OIDC_CONFIG_DIR": home, "HOME": home,
            "OIDC_ENCRYPTION_PW": "of-no-worth",
        }  # fmt: skip
        self.provider = Provider(access_token)
        self.process = house.start(
            ["oidc-agent", "-d", "-a", self.socket], core=house.core, environment=self.environment
        )
        house.await_until(lambda: os.path.exists(self.socket), "oidc-agent", self.process)
        issuer = self.provider.issuer
        subprocess.run(
            ["oidc-gen", "bench", "--manual", "--issuer", issuer, "--client-id", "bench",
             "--client-secret", "", "--rt", "of-no-worth", "--scope", "openid offline_access",
             "--redirect-uri", "http://localhost:4242", "--dae", issuer + "device", "--pw-env",
             "--prompt=none", "--confirm-yes"],
            check=True, timeout=30, stdin=subprocess.DEVNULL, capture_output=True,
            env={**os.environ, **self.environment},
        )  # fmt: skip

    def close(self, house):
        house.end(self.process)
        self.provider.close()
