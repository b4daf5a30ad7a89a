// What a request to a redirect URI may look like: a value decides, the connection only acts.
//
// 1. The `Host` is that of a registered address, and there is one of it: a page of another name that
//    resolves to this machine (DNS rebinding) gets nothing.
// 2. The path is the registered one to the letter, the method is GET.

internal import OAuth

/// The head of a request, as far as it matters here.
struct RedirectRequest {
  enum Judgement: Equatable {
    /// Answered here.
    case page(Page)
    /// For whoever has opened that address.
    case callback(RedirectCallback, RedirectURI)
  }

  var method: String
  var target: String
  /// The values of all `Host` fields.
  var hosts: [String]

  /// - Parameter served: the addresses that are open where the request came in.
  func judged(by served: [RedirectURI]) -> Judgement {
    let host = hosts.count == 1 ? hosts.first?.lowercased() : nil
    let named = served.filter { $0.loopback?.authority == host }
    guard !named.isEmpty else { return .page(.wrongHost) }
    guard let uri = named.first(where: { $0.query(ofTarget: target) != nil }) else {
      return .page(.noSuchPlace)
    }
    guard method == "GET" else { return .page(.wrongMethod) }
    do throws(RedirectFault) {
      return .callback(try uri.callback(ofTarget: target), uri)
    } catch {
      return .page(Page(.refused(error)))
    }
  }
}
