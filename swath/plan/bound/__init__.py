"""What could no plan exceed?"""

from swath.plan.bound.packing import Dearer
from swath.plan.bound.relaxation import Relaxation, relax, upper_bound

__all__ = ["Dearer", "Relaxation", "relax", "upper_bound"]
