/** What a test's process prints, instead of printing it. */
export const printed = { stdout: "", stderr: "" };

/** For the whole test file: each test begins with nothing printed. */
export function catchPrinted(): void {
  beforeEach(() => {
    for (const name of ["stdout", "stderr"] as const) {
      printed[name] = "";
      jest.spyOn(process[name], "write").mockImplementation((text) => {
        printed[name] += text;
        return true;
      });
    }
  });
  afterEach(() => jest.restoreAllMocks());
}
