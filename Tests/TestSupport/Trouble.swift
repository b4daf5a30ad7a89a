// What ends a test that is no expectation of it.

/// What went wrong in a test's own machinery, or did not come that it waited for.
public struct Trouble: Error, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}
