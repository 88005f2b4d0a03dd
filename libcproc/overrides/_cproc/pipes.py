# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pipelines: `a | b`, and what run() makes of one."""

from __future__ import annotations

from typing import Any

from gi.repository import Cproc, GLib

from . import options, running


class PipelineResult(running.Result):
    """How the last stage ended, what it wrote, and how each stage ended."""

    returncodes: list[int | None]


def is_stage(value: Any) -> bool:
    return isinstance(value, (Cproc.Command, Cproc.Child))


def join(first: Any, second: Any) -> Any:
    """The pipeline of `first | second`."""
    return Cproc.Pipeline(first, second) if is_stage(second) else NotImplemented


def pipeline_error(error: GLib.Error, pipeline: Any) -> GLib.Error:
    """The error of a pipeline, about the stage that failed; its output is that of the last one."""
    stages = list(pipeline)
    if not stages:
        return running.native_error(error, pipeline)
    error = running.process_error(error, stages[max(pipeline.props.failed_stage, 0)])
    if isinstance(error, running.ProcessError):
        error.__dict__.update(running.output(stages[-1]), returncodes=pipeline.returncodes)
    return error


def set_up(pipeline: Any, given: dict[str, Any]) -> bool:
    """Applies options, and returns whether text is wanted."""
    text = running.wants_text(given)
    for name, value in options.properties(Cproc.Pipeline, given).items():
        pipeline.set_property(name, value)
    pipeline._settle(max_buffer=-1)
    return text


def result(pipeline: Any, text: bool, check: bool) -> PipelineResult:
    failure = None
    try:
        pipeline.wait_check()
    except GLib.Error as error:
        failure = error
    plain = running.result(list(pipeline)[-1], text, check, failure)
    answer = PipelineResult(plain.args, plain.returncode, getattr(plain, "stdout", None),
                            getattr(plain, "stderr", None), failure, plain.drained)
    answer.returncodes = pipeline.returncodes
    return answer


def run(pipeline: Any, check: bool, given: dict[str, Any]) -> PipelineResult:
    text = set_up(pipeline, given)
    pipeline.start()
    try:
        pipeline.wait()
    except BaseException:
        pipeline.kill()
        pipeline.wait()
        raise
    return result(pipeline, text, check)


async def run_async(pipeline: Any, check: bool, given: dict[str, Any]) -> PipelineResult:
    text = set_up(pipeline, given)
    await pipeline.start_async()
    try:
        await pipeline.wait_async()
    except BaseException:
        pipeline.kill()
        await pipeline.wait_async()
        raise
    return result(pipeline, text, check)
