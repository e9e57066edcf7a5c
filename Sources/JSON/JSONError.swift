/// A text that is not JSON.
package struct JSONError: Error, Equatable {
    /// What is wrong with it, as a sentence: `It is not UTF-8.`
    package let message: String
}
