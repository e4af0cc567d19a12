"""What could no plan exceed?"""

from swath.plan.bound.relaxation import Relaxation, relax, upper_bound

__all__ = ["Relaxation", "relax", "upper_bound"]
