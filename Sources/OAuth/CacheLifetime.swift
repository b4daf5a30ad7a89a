// How long an answer may be kept that is asked for again and again: the keys of an issuer.

public import HTTPTypes

/// Reads how long an answer is good for (RFC 9111 §5.2.2.1).
public enum CacheLifetime {
  /// Whatever the issuer says: no more than once a minute is asked, and at least once a day, since
  /// a key that was withdrawn must be forgotten in the end.
  public static let bounds = 60...86_400
  /// Where the issuer says nothing.
  public static let standard = 3600

  /// Whole seconds, within `bounds`, from `Cache-Control`: `max-age`, or the shortest where the
  /// answer is not to be kept.
  public static func seconds(headers: HTTPFields) -> Int {
    guard let field = headers[.cacheControl] else { return standard }
    var lifetime = standard
    for directive in field.split(separator: ",") {
      let words = directive.split(separator: "=", maxSplits: 1).map { word in
        word.filter { !" \t\"".contains($0) }.lowercased()
      }
      switch words.first {
      case "no-store", "no-cache": return bounds.lowerBound
      case "max-age":
        // Digits alone; a number beyond all bounds is a long time.
        guard let text = words.last, !text.isEmpty, text.utf8.count <= 64,
          text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
        else { continue }
        lifetime = min(max(Int(text) ?? .max, bounds.lowerBound), bounds.upperBound)
      default: continue
      }
    }
    return lifetime
  }
}
