"""A problem, told to a person."""

from aiohttp import web

from orchestrator.web.pages.rendering import page
from orchestrator.web.problems import Problem
from orchestrator.wording import Language


def problem_page(request: web.Request, problem: Problem, language: Language) -> web.Response:
    """The page of a problem, with its status."""
    values = {"detail": problem.detail(language), "status": problem.status}
    response = page(request, "problem.html", language, values, problem.status)
    response.headers.update(problem.headers)
    return response
