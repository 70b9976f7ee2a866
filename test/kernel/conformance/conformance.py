"""The ecosystem's conformance suite, jupyter_kernel_test, for the kernel that JUPYTER_PATH calls tslab.

Switched off, because a TypeScript kernel has nothing like it: code_page_something (the pager of IPython's `print?`).
"""

import json
import sys
import unittest

import jupyter_kernel_test


class Conformance(jupyter_kernel_test.KernelTests):
    kernel_name = "tslab"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    completion_samples = [
        {"text": "Math.flo", "matches": {"floor"}},
        {"text": "[1].map(String).joi", "matches": {"join"}},
        {"text": "zinger"},
    ]
    complete_code_samples = ["1", "console.log('hello, world')", "function f(x: number) { return x * 2; }\n\n"]
    incomplete_code_samples = ["console.log(", "function f(x: number) {", "if (1 < 2) {"]
    invalid_code_samples = ["const = 1", "import 7q from", "1 +* 2"]
    code_generate_error = "throw new Error('on purpose')"
    code_execute_result = [
        {"code": "1 + 2 * 3", "result": "7"},
        {"code": "[1, 2].map((x) => x * 2)", "result": "[ 2, 4 ]"},
        {"code": "1 + 2 * 3", "result": "7"},
        {"code": "10 + 2 * 3", "result": "16"},
    ]
    code_history_pattern = "1?+ 2*"
    supported_history_operations = ("tail", "range", "search")
    code_display_data = [
        {"code": "import * as tslab from 'tslab'; tslab.display.html('<b>x</b>')", "mime": "text/html"},
        {"code": "tslab.display.png(new Uint8Array([1, 2, 3]))", "mime": "image/png"},
    ]
    code_inspect_sample = "console.log"
    code_clear_output = "(globalThis as any)[Symbol.for('diffusion-lab.kernel')].clearOutput()"


class Recorder(unittest.TextTestResult):
    """Keeps the outcome of each test; a subtest that fails makes its test fail."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.outcomes = {}

    def _set(self, test, outcome, worst=True):
        name = getattr(test, "test_case", test)._testMethodName
        if worst or name not in self.outcomes:
            self.outcomes[name] = outcome

    def addSuccess(self, test):
        super().addSuccess(test)
        self._set(test, "passed", worst=False)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._set(test, "skipped: " + reason, worst=False)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._set(test, "failed: " + str(err[1]).split("\n")[0])

    def addError(self, test, err):
        super().addError(test, err)
        self._set(test, "failed: " + (str(err[1]).split("\n")[0] or err[0].__name__))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._set(test, "failed: " + (str(err[1]).split("\n")[0] or err[0].__name__))


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Conformance)
    result = unittest.TextTestRunner(resultclass=Recorder, verbosity=0, stream=sys.stderr).run(suite)
    print(json.dumps(result.outcomes, indent=2, sort_keys=True))
