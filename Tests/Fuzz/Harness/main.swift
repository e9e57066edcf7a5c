// fuzz TARGET [what libFuzzer takes: folders of inputs, files, -runs=…]
//
// One program for all targets, since building it takes minutes. See Docs/fuzzing.md.

import CLibFuzzer
import Foundation

signal(SIGPIPE, SIG_IGN)

// libFuzzer starts itself again when it merges, and does not pass the target's name on.
let given = CommandLine.arguments.dropFirst().first.flatMap { fuzzTargets[$0] == nil ? nil : $0 }
guard let name = given ?? ProcessInfo.processInfo.environment["FUZZ_TARGET"], let make = fuzzTargets[name] else {
    print("usage: fuzz TARGET [CORPUS…] [-OPTION=VALUE…]\ntargets: \(fuzzTargets.keys.sorted().joined(separator: " "))")
    exit(2)
}
setenv("FUZZ_TARGET", name, 1)
Running.target = try make()

// libFuzzer's arguments begin where the target's name stands.
let skipped = given == nil ? 0 : 1
var count = CommandLine.argc - Int32(skipped)
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + skipped
CommandLine.unsafeArgv[skipped] = CommandLine.unsafeArgv[0]
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        do {
            try Running.target?.run(Array(UnsafeBufferPointer(start: data, count: size)))
        } catch {
            check(false, "The target threw \(error).")
        }
        return 0
    })
