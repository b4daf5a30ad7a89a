// How long the issuer wants to be left alone. Okta counts by `X-Rate-Limit-Reset`, proxies in front
// of it by `Retry-After`; either may be wrong by years, so both are bounded.

internal import FoundationEssentials
public import HTTPTypes

/// Reads how long to wait from the header fields of an answer.
public enum RetryAfter {
  /// The shortest and the longest wait that an issuer can ask for, in seconds.
  public static let bounds = 1...900

  /// Whole seconds to wait, within `bounds`; `nil` where the answer does not say.
  ///
  /// `Retry-After` counts first, as seconds or as a date (RFC 9110 §10.2.3), then
  /// `X-Rate-Limit-Reset` (seconds since 1970). Dates are measured against the answer's own `Date`,
  /// never a clock of ours, and say nothing without it. A limit of 0 is Okta's mark of too many
  /// requests at once: the shortest wait.
  public static func seconds(headers: HTTPFields) -> Int? {
    let now = headers[.date].flatMap(HTTPDate.parse)
    if let text = headers[.retryAfter] {
      if let seconds = digits(text) { return clamp(seconds) }
      if let date = HTTPDate.parse(text), let now { return clamp(date.timeIntervalSince(now)) }
    }
    if let limit = headers[.rateLimitLimit].flatMap(digits), limit == 0 { return bounds.lowerBound }
    if let reset = headers[.rateLimitReset].flatMap(digits), let now {
      return clamp(reset - now.timeIntervalSince1970)
    }
    return nil
  }

  /// A number of any length, since one that overflows is only a long wait.
  private static func digits(_ text: String) -> Double? {
    let isNumber = text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
    return isNumber && !text.isEmpty && text.utf8.count <= 64 ? Double(text) : nil
  }

  private static func clamp(_ seconds: Double) -> Int {
    let bounded = min(max(seconds, Double(bounds.lowerBound)), Double(bounds.upperBound))
    return Int(bounded.rounded(.up))
  }
}

extension HTTPField.Name {
  fileprivate static var rateLimitLimit: Self? { Self("X-Rate-Limit-Limit") }
  fileprivate static var rateLimitReset: Self? { Self("X-Rate-Limit-Reset") }
}

extension HTTPFields {
  fileprivate subscript(name: HTTPField.Name?) -> String? {
    name.flatMap { self[$0] }
  }
}
