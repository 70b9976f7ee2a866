"""How JupyterLab saves the course's notebooks: to the bytes that `npm run notebooks -- --save` writes."""

from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from nbformat import NotebookNode
from notebook_file import text_of, without_passing


class CourseContents(AsyncLargeFileManager):
    """Files below the root folder; what only passes is neither written to a notebook nor taken from one."""

    async def get(self, path: str, *arguments: Any, **options: Any) -> dict:
        model = await super().get(path, *arguments, **options)
        if model["type"] == "notebook" and model["content"] is not None:
            model["content"] = without_passing(model["content"])
        return model

    async def save(self, model: dict, path: str = "") -> dict:
        # Before the notebook is signed: the signature is that of the file.
        if model.get("type") == "notebook" and model.get("content"):
            model = {**model, "content": without_passing(model["content"])}
        return await super().save(model, path)

    async def _save_notebook(self, os_path: str, nb: NotebookNode, capture_validation_error: dict | None = None) -> None:
        text = text_of(nb)
        with self.atomic_writing(os_path, encoding="utf-8") as file:
            file.write(text)
