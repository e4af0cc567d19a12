"""swath: the open ground system of an Earth-observation constellation, from an orbit to an answer."""

__version__ = "0.1.0"
__all__ = ["__version__"]
