// A generator of its own, and a way of its own to make choices from its numbers: those of the standard library may change
// with its version, and a failing seed must fail everywhere and for ever.

/// SplitMix64 (https://prng.di.unimi.it/splitmix64.c), and the choices that a history makes with it.
struct Chance {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
        // Neighbouring seeds give neighbouring states at first.
        for _ in 0..<4 { _ = next() }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func isTrue(_ percent: Int) -> Bool { number(1...100) <= percent }

    /// One of the values; the list must not be empty.
    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }

    /// One of the values, each as often as its weight says.
    mutating func pick<Value>(weighted values: [(weight: Int, value: Value)]) -> Value {
        var place = number(1...values.reduce(0) { $0 + $1.weight })
        for (weight, value) in values {
            place -= weight
            if place <= 0 { return value }
        }
        return values[0].value
    }

    /// Some of the values, in their order.
    mutating func some<Value>(_ values: [Value], percent: Int) -> [Value] { values.filter { _ in isTrue(percent) } }
}
