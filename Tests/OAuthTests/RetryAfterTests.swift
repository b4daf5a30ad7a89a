// The shapes in which issuers and proxies say how long to wait, the senseless ones included.

import FoundationEssentials
import HTTPTypes
import OAuth
import Testing

@Suite("Retry-After")
struct RetryAfterTests {
  static let date = "Tue, 24 Nov 2026 10:00:00 GMT"  // 1795514400

  struct Shape: Sendable, CustomTestStringConvertible {
    var fields: [String: String]
    var seconds: Int?

    init(_ fields: [String: String], _ seconds: Int?) {
      self.fields = fields
      self.seconds = seconds
    }

    var testDescription: String { "\(fields.sorted { $0.key < $1.key })" }
  }

  static let shapes = [
    Shape([:], nil),
    Shape(["Retry-After": "30"], 30),
    Shape(["Retry-After": "0"], 1),
    Shape(["Retry-After": "86400"], 900),
    Shape(["Retry-After": "99999999999999999999999"], 900),
    Shape(["Retry-After": "-5"], nil),
    Shape(["Retry-After": "soon"], nil),
    Shape(["Retry-After": "1.5"], nil),
    Shape(["Retry-After": "Tue, 24 Nov 2026 10:01:30 GMT", "Date": date], 90),
    Shape(["Retry-After": "Tue, 24 Nov 2026 09:00:00 GMT", "Date": date], 1),
    Shape(["Retry-After": "Tue, 24 Nov 2026 10:01:30 GMT"], nil),
    Shape(["X-Rate-Limit-Reset": "1795514445", "Date": date], 45),
    Shape(["X-Rate-Limit-Reset": "1795514445"], nil),
    Shape(["X-Rate-Limit-Reset": "1795514300", "Date": date], 1),
    Shape(["X-Rate-Limit-Reset": "1795514445000", "Date": date], 900),
    Shape(["X-Rate-Limit-Reset": "1795514445", "Date": date, "Retry-After": "7"], 7),
    Shape(["X-Rate-Limit-Reset": "1795514445", "Date": date, "Retry-After": "x"], 45),
    Shape(["X-Rate-Limit-Reset": "1795514445", "Date": date, "X-Rate-Limit-Limit": "600"], 45),
    Shape(["X-Rate-Limit-Limit": "0", "X-Rate-Limit-Remaining": "0"], 1),
    Shape(["Date": date], nil),
  ]

  @Test("the wait is what the answer names, from 1 to 900 seconds", arguments: shapes)
  func wait(shape: Shape) throws {
    var headers = HTTPFields()
    for (name, value) in shape.fields { headers[try #require(HTTPField.Name(name))] = value }
    #expect(RetryAfter.seconds(headers: headers) == shape.seconds)
  }

  @Test(
    "RFC 9110 §5.6.7: a date is read in each of its three forms",
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777.0),
      ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
      ("Sun Nov  6 08:49:37 1994", 784_111_777),
      ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
      ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
      ("Tue, 24 Nov 2026 10:00:00 GMT", 1_795_514_400),
    ])
  func dates(text: String, seconds: Double) {
    #expect(HTTPDate.parse(text) == Date(timeIntervalSince1970: seconds))
  }

  @Test(
    "what is no date is none",
    arguments: [
      "", "now", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
      "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 99999 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 GMT and more",
    ])
  func noDates(text: String) {
    #expect(HTTPDate.parse(text) == nil)
  }
}
