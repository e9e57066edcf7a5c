// Does what a sanitizer has to report, and what it must not: `script/sanitize` runs it first, so that a check which has become
// blind is noticed.
//
//   probe race       two threads change a number without a lock
//   probe mutex      many threads change it under a Mutex and meet there
//   probe overflow   a byte behind the end of an allocation is read

import Foundation
import Synchronization

final class Number: @unchecked Sendable {
    var value = 0
    let mutex = Mutex(())
}

func onThreads(_ count: Int, _ work: @escaping @Sendable () -> Void) {
    let finished = DispatchSemaphore(value: 0)
    for _ in 0..<count {
        Thread.detachNewThread {
            work()
            finished.signal()
        }
    }
    for _ in 0..<count { finished.wait() }
}

let number = Number()
switch CommandLine.arguments.dropFirst().first {
case "race":
    onThreads(2) { for _ in 0..<10_000 { number.value += 1 } }
case "mutex":
    onThreads(8) { for _ in 0..<20_000 { number.mutex.withLock { _ in number.value += 1 } } }
case "overflow":
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
    bytes.initialize(repeating: 1, count: 16)
    number.value = Int(bytes[16])
    bytes.deallocate()
default:
    fatalError("probe race|mutex|overflow")
}
print(number.value)
