# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Putting records: each once, and truthfully told where that cannot be known. Private to otc.dis."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from .._cloud.files import Files
from .._core.errors import BadAnswer, DisError, bugs_told, listed, plain
from .._core.hints import hint_for
from .base import long_id
from .client_records import RecordClient
from .records import Record, batches, may_come_again, records_of

LOOK = "Look with action: get which of them are there, and put the others."
NOT_SENT, PUT, REFUSED, UNKNOWN = "not_sent", "put", "refused", "unknown"


class NotPut(DisError):
    """Records that the service refused one by one.

    :param code: of the first of them
    """

    kind = "refused"

    def __init__(self, message: str, code: Optional[str]) -> None:
        self.code = code
        super().__init__(message, hint_for(code))


def records_from(options: Mapping[str, Any], files: Files) -> List[Record]:
    """The records that the options hold, or the file that they name.

    :param files: finds and opens that file
    :raises BadInput: a rule is broken, or the file cannot be read
    """
    if options["src"] is None:
        return records_of(options)
    with files.open(options["src"], "src") as file:
        return records_of(options, file)


class Putting:
    """One run that puts records.

    :ivar results: what became of each
    """

    def __init__(
        self, api: RecordClient, stream: Optional[str], records: Sequence[Record], stream_id: Optional[str] = None
    ) -> None:
        self.api, self.stream, self.stream_id, self.records = api, stream, stream_id, records
        self.results = untouched(records)

    def carry_out(self) -> Dict[str, Any]:
        """Put all of them, batch by batch; what comes behind a batch that did not go through is not sent.

        :raises DisError: with what became of each record in :attr:`DisError.more`
        """
        try:
            for batch in batches(self.records):
                self.put(batch)
        except DisError as err:
            err.more = {**err.more, "records": self.results}
            if len(self.records) > 1:
                err.add(f"Of {len(self.records)} records, {self.told()}.", err.hint)
            raise
        return result(self.results)

    def told(self) -> str:
        """How many records are in which state, in words."""
        words = {PUT: "put", REFUSED: "refused", UNKNOWN: "perhaps put", NOT_SENT: "not put"}
        counts = {state: sum(one["state"] == state for one in self.results) for state in words}
        return listed(
            f"{count} {'was' if count == 1 else 'were'} {words[state]}" for state, count in counts.items() if count
        )

    @property
    def happened(self) -> List[str]:
        """What was done, or may have been."""
        return ["put"] if any(one["state"] in (PUT, UNKNOWN) for one in self.results) else []

    def failure(self, err: DisError) -> Dict[str, Any]:
        """What a module returns when the run failed."""
        return {"changed": bool(self.happened), "done": self.happened, **err.as_result()}

    def put(self, batch: List[int]) -> None:
        """Put one batch, and again those of its records that only came too fast.

        :raises DisError: not all of it was put
        """
        failures = 0
        while True:
            self.send(batch)
            refused = [number for number in batch if self.results[number]["state"] == REFUSED]
            again = [number for number in refused if may_come_again(self.results[number]["error"]["code"])]
            failures += 1
            if not again or not self.api.patience.allows(failures):
                break
            batch = again
        left = [number for number, one in enumerate(self.results) if one["state"] == REFUSED]
        if left:
            error = self.results[left[0]]["error"]
            raise NotPut(
                f"{len(left)} of {len(self.records)} records were refused, the first of them number {left[0]}:"
                f" {error['text'].rstrip('.')} ({error['code'] or 'no code'}).",
                error["code"],
            )
        silent = [number for number, one in enumerate(self.results) if one["state"] == UNKNOWN]
        if silent:
            raise BadAnswer(
                f"The answer does not say what became of {len(silent)} records, the first of them number {silent[0]}.",
                LOOK,
                outcome_unknown=True,
            )

    def send(self, batch: List[int]) -> None:
        """Send records once and note what became of each.

        :raises DisError: the request failed as a whole
        """
        try:
            wire = [self.records[number].wire() for number in batch]
            with bugs_told():
                answer = self.api.put_records(self.stream, wire, self.stream_id)
        except DisError as err:
            if err.outcome_unknown:
                for number in batch:
                    self.results[number]["state"] = UNKNOWN
                err.add(
                    f"Whether {len(batch)} records, from number {batch[0]} on, were put is not known. They were not"
                    " sent again, for they might then be there twice.",
                    LOOK,
                )
            raise
        for number, entry in zip(batch, answer["records"]):
            self.results[number].update(outcome(entry if isinstance(entry, dict) else {}, self.api))


def outcome(entry: Mapping[str, Any], api: RecordClient) -> Dict[str, Any]:
    """What became of one record."""
    number, code = entry.get("sequence_number"), entry.get("error_code")
    if not code and number in (None, "") and not entry.get("error_message"):
        return {"state": UNKNOWN, "error": None}
    if code or number in (None, ""):
        text = api.http.cleaned(entry.get("error_message") or "no reason given")
        return {"state": REFUSED, "error": {"code": plain(code) if code else None, "text": text}}
    return {
        "state": PUT,
        "partition_id": None if entry.get("partition_id") is None else long_id(entry["partition_id"]),
        "sequence_number": str(number),
        "error": None,
    }


def untouched(records: Sequence[Record]) -> List[Dict[str, Any]]:
    """What is known of records that have not been sent."""
    return [
        {
            "state": NOT_SENT,
            "partition_id": record.place.get("partition_id"),
            "sequence_number": None,
            "error": None,
        }
        for record in records
    ]


def result(results: List[Dict[str, Any]]) -> Dict[str, Any]:
    """What the module returns."""
    actions = ["put"] if results else []
    return {"changed": bool(actions), "actions": actions, "records": results}
