"""ConferenceFlows: what a conference asks of whoever knows actions; ``flow.flows.FlowService`` is the one."""

from typing import Protocol, TypeVar

from mixminus.model.conference import ConferenceProfile
from mixminus.model.ids import CustomerId

__all__ = ["ConferenceFlows"]

Profile = TypeVar("Profile", bound=ConferenceProfile)


class ConferenceFlows(Protocol):
    """Looks at what calls are to do before and after the room."""

    async def checked(self, customer_id: CustomerId, profile: Profile) -> Profile:
        """Return the profile with its actions in their normal form.

        InvalidArgument says which action is wrong, NotFound which flow there is not.
        """
        ...
