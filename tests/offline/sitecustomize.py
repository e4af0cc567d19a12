"""Python imports a module of this name at start-up: it holds the programs that tests start to the rule of the tests."""

import no_network  # noqa: F401
