// What a browser shows at the end of its part. Static: nothing of the request is in it, no script
// runs, nothing is loaded, nothing is kept.

internal import NIOHTTP1
internal import OAuth

/// A page for people, in plain words.
enum Page: Equatable {
  case done
  case failed
  case unknownState
  case wrongIssuer
  case unreadable
  case undecided
  case wrongHost
  case noSuchPlace
  case wrongMethod

  init(_ verdict: RedirectVerdict) {
    self =
      switch verdict {
      case .taken: .done
      case .takenAsFailure: .failed
      case .unknownState, .refused(.otherState): .unknownState
      case .refused(.issuerMissing), .refused(.issuerMismatch): .wrongIssuer
      case .refused: .unreadable
      case .undecided: .undecided
      }
  }

  var status: HTTPResponseStatus {
    switch self {
    case .done, .failed: .ok
    case .unknownState, .wrongIssuer, .unreadable: .badRequest
    case .undecided: .serviceUnavailable
    case .wrongHost: .misdirectedRequest
    case .noSuchPlace: .notFound
    case .wrongMethod: .methodNotAllowed
    }
  }

  private var words: (title: String, text: String) {
    switch self {
    case .done:
      (
        "You can close this window",
        "The browser's part is done. The sign-in goes on where you began it."
      )
    case .failed:
      (
        "You can close this window",
        "The sign-in page reported a problem. What it says is shown where you began the sign-in."
      )
    case .unknownState:
      (
        "Nobody waits for this",
        "The sign-in that this window belongs to is over, or was not begun on this machine. "
          + "Nothing was done with it. Close the window, and begin the sign-in again."
      )
    case .wrongIssuer:
      (
        "This came from somebody else",
        "The answer does not name the issuer that was asked. Nothing was done with it. "
          + "Close the window, and tell your administrator."
      )
    case .unreadable:
      (
        "This is no answer of a sign-in",
        "The address of this page cannot be read as one. Nothing was done with it. "
          + "Go back to where you began the sign-in."
      )
    case .undecided:
      (
        "Not just now",
        "The issuer cannot be reached to check this. Load this page again in a moment."
      )
    case .wrongHost, .noSuchPlace, .wrongMethod:
      ("Nothing is here", "A sign-in ends at this address, and at no other.")
    }
  }

  var html: String {
    let (title, text) = words
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <meta name="color-scheme" content="light dark">
      <title>\(title)</title>
      </head>
      <body>
      <h1>\(title)</h1>
      <p>\(text)</p>
      </body>
      </html>

      """
  }

  /// Those of every page. The address holds a code: it must go nowhere, and nothing may look at it.
  static let headers = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    (
      "Content-Security-Policy",
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Connection", "close"),
  ]
}
