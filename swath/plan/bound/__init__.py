"""What could no plan exceed?"""

from swath.plan.bound.relaxation import upper_bound

__all__ = ["upper_bound"]
