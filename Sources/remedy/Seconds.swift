// Seconds as options take them. What no call can have is refused here, in the option's name, before
// the broker is asked: nan and the infinite are numbers to a parser, and none of JSON's.

internal import ArgumentParser
internal import BrokerInterface

/// The values of options that are lengths of time.
enum Seconds {
  /// How long a call may take.
  static func timeout(_ text: String) throws -> Double {
    guard let seconds = Double(text), NumberRange.timeout.contains(seconds) else {
      throw ValidationError("it takes more than 0 and at most 3600 seconds")
    }
    return seconds
  }

  /// How long a token must still live.
  static func lifetime(_ text: String) throws -> Double {
    guard let seconds = Double(text), NumberRange.lifetime.contains(seconds) else {
      throw ValidationError("it takes 0 to 86400 seconds")
    }
    return seconds
  }
}
