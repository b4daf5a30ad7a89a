// The pages for people, without script: what is shown may come from anybody, so all of it is escaped.

import HTTPTypes

/// Text that means itself in HTML, also within an attribute in double or single quotes.
func escaped(_ text: String) -> String {
  var result = ""
  for character in text {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    default: result.append(character)
    }
  }
  return result
}

/// A page; `title` is escaped here, `body` is HTML already.
func htmlPage(_ title: String, refreshing seconds: Int? = nil, _ body: String) -> String {
  let refresh = seconds.map { "<meta http-equiv=\"refresh\" content=\"\($0)\">" } ?? ""
  return """
    <!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
    <title>\(escaped(title))</title>\(refresh)
    <style>body{font:16px sans-serif;margin:2em}td,th{padding:.2em 1em;text-align:left}\
    form{display:inline}</style>
    </head><body><h1>\(escaped(title))</h1>
    \(body)
    </body></html>
    """
}

/// One button that posts these values.
func htmlButton(_ label: String, to action: String, _ values: [(name: String, value: String)])
  -> String
{
  let hidden = values.map {
    "<input type=\"hidden\" name=\"\(escaped($0.name))\" value=\"\(escaped($0.value))\">"
  }
  return "<form method=\"post\" action=\"\(escaped(action))\">\(hidden.joined())"
    + "<button>\(escaped(label))</button></form>"
}

extension Answer {
  /// A page for a person. Nothing but itself may be loaded or framed from it.
  static func html(_ text: String, status: Int = 200) -> Answer {
    var answer = Answer(
      status: status, body: .bytes(Array(text.utf8), type: "text/html; charset=utf-8"))
    answer.headers[.contentSecurityPolicy] =
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    answer.headers[.referrerPolicy] = "no-referrer"
    return answer
  }

  /// Sends a browser elsewhere.
  static func redirect(to location: String, status: Int = 302) -> Answer {
    var answer = Answer(status: status, body: .none)
    answer.headers[.location] = location
    return answer
  }
}
