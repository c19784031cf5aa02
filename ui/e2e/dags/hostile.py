"""What an author might write to get out of its place."""

import logging

from airflow.sdk import DAG, Param, task

log = logging.getLogger(__name__)

SCRIPT = "<script>window.hurt = 1</script>"
IMAGE = "<img src=x onerror='window.hurt = 2'>"
LINK = "[click](javascript:window.hurt=3)"
CLASS = "</span></div></body><style>*{display:none}</style>"

with DAG(
    "hostile",
    dag_display_name=f"{SCRIPT}{IMAGE}",
    description=f"{IMAGE}{CLASS}",
    doc_md=f"# root\n\n{SCRIPT}\n\n{IMAGE}\n\n{LINK}\n\n![x](javascript:window.hurt=4)",
    tags=[f"{IMAGE}", "e2e"],
    default_args={"owner": SCRIPT},
    schedule=None,
    params={
        "words": Param(IMAGE, type="string", title=SCRIPT, description=IMAGE, description_md=f"{LINK} {IMAGE}"),
        "choice": Param(SCRIPT, type="string", enum=[SCRIPT, CLASS]),
    },
):

    @task(task_display_name=f"{IMAGE}", doc_md=SCRIPT)
    def speak(words):
        log.info(SCRIPT)
        print(SCRIPT)
        print("\x1b[31mred\x1b[0m \u202ereversed\u202c \x00 " + IMAGE)
        return {SCRIPT: IMAGE}

    @task.bash
    def breaks():
        return f"echo '{IMAGE}'; exit 3"

    speak("{{ params.words }}") >> breaks()
