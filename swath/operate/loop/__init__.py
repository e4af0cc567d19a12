"""The ground segment by itself: what arrived is taken in, plans are made again, orders are told of, day and night.

| file | holds |
|---|---|
| ``tick.py`` | what is there to do: new lines of the history, new files, the clock -> jobs |
| ``work.py`` | do it: claim a job, do it, write its results and its end in one transaction |
| ``duties.py`` | which kind of job is done by what |
| ``inbox.py`` | what the outside world drops into the mission's folder |
| ``arriving.py`` | scenes, element sets, forecasts and results of contacts come in |
| ``known.py`` | what is planned with, and what the plan in force was made with |
| ``replanning.py`` | the plan again, from the book of orders as it is now |
| ``horizon.py`` | which stretch of time is planned, and what of the old plan lies in it |
| ``following.py`` | what became of every order |
| ``supposing.py`` | what another fleet would be worth |
| ``checking.py`` | claims that somebody sent to be checked |
| ``watchful.py`` | places under watch: new pictures looked at, alerts sent |

Any number of workers may tick and work, on one machine or several; each may be killed at any instant.
"""

__all__ = []
