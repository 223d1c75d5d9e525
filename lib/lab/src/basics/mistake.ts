/** The errors that JavaScript itself throws of wrong code; what a user can mend has a name of its own, or is Node's of a file or a socket. */
const MISTAKES = ["TypeError", "RangeError", "ReferenceError", "SyntaxError", "EvalError"];

/** Whether an error of this name is a mistake of a program, of which its stack tells more than its message. */
export function isMistake(name: string): boolean {
  return MISTAKES.includes(name);
}
