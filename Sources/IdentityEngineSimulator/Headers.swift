// The headers that every answer of the organisation has.

import FoundationEssentials
import HTTPTypes

extension HTTPField.Name {
  static let oktaRequestID = name("x-okta-request-id")
  static let rateLimit = name("X-Rate-Limit-Limit")
  static let rateLimitRemaining = name("X-Rate-Limit-Remaining")
  static let rateLimitReset = name("X-Rate-Limit-Reset")

  static let referrerPolicy = name("Referrer-Policy")

  private static func name(_ text: String) -> HTTPField.Name { HTTPField.Name(text) ?? .server }
}

/// How much of a minute's allowance a path has used. Nothing enforces it: 429 is a fault that is
/// switched on, so that no test fails of haste.
struct RateWindow: Sendable {
  var startedAt: Date
  var used: Int
}

extension Organisation {
  mutating func limit(_ path: String, _ headers: inout HTTPFields, now: Date) {
    var window = windows[path] ?? RateWindow(startedAt: now, used: 0)
    if now >= window.startedAt + 60 { window = RateWindow(startedAt: now, used: 0) }
    window.used += 1
    windows[path] = window
    headers[.rateLimit] = "600"
    headers[.rateLimitRemaining] = String(max(0, 600 - window.used))
    headers[.rateLimitReset] = String(epoch(window.startedAt + 60))
  }
}

/// Whole seconds since 1970.
func epoch(_ date: Date) -> Int { Int(date.timeIntervalSince1970.rounded(.down)) }

/// `2026-11-23T06:00:00.000Z`: with milliseconds, which one shipped client cannot do without.
func timestamp(_ date: Date) -> String {
  date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
}

/// `Mon, 23 Nov 2026 06:00:00 GMT` (RFC 9110 §5.6.7).
func httpDate(_ date: Date) -> String {
  let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  let text = date.formatted(Date.ISO8601FormatStyle())
  let weekday = ((epoch(date) / 86400) % 7 + 4) % 7
  let month = Int(text.dropFirst(5).prefix(2)) ?? 1
  let day = text.dropFirst(8).prefix(2)
  let time = text.dropFirst(11).prefix(8)
  return "\(days[weekday]), \(day) \(months[month - 1]) \(text.prefix(4)) \(time) GMT"
}
