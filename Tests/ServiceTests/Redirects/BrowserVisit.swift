// A person at a browser, by `curl`: goes to the address of a prompt, decides there, and brings back
// the address that the issuer sends the browser to.

import Foundation
import Prompts
import TestSupport

/// A browser on this machine.
struct BrowserVisit {
  /// The issuer's authority, in PEM.
  var authority: String

  struct Page {
    var status: Int
    /// Where it sends the browser, if anywhere.
    var location: String
    var text: String
  }

  init(_ household: Household) { authority = household.folder.path + "/ca.pem" }

  /// Follows a prompt's address to the provider's page, decides there as Ann, and gives the address
  /// that the browser is sent back to.
  func decide(_ decision: String, at url: String) throws -> URLComponents {
    var url = url
    var page = try load([url])
    // A pushed request leads on to the provider.
    if page.status == 302 {
      url = page.location
      page = try load([url])
    }
    guard page.status == 200, let query = URLComponents(string: url)?.queryItems?.first,
      let token = query.value
    else { throw Trouble("the provider shows \(page.status) at \(url)") }
    let answer = try load([
      "--data-urlencode", "stateToken=\(token)", "--data-urlencode", "decision=\(decision)",
      "--data-urlencode", "identifier=\(Ann.name)", String(url.prefix { $0 != "?" }),
    ])
    guard answer.status == 302, let back = URLComponents(string: answer.location) else {
      throw Trouble("the provider answers \(answer.status): \(answer.text)")
    }
    return back
  }

  /// Loads an address, and follows nothing.
  func load(_ arguments: [String]) throws -> Page {
    let answer = try FinishedProgram(
      [
        "curl", "-sS", "--max-time", "20", "--cacert", authority, "-w",
        "\n%{http_code} %header{location}",
      ] + arguments)
    let lines = answer.words.split(separator: "\n", omittingEmptySubsequences: false)
    let last = (lines.last ?? "").split(separator: " ")
    return Page(
      status: last.first.flatMap { Int($0) } ?? 0,
      location: last.count > 1 ? String(last[1]) : "",
      text: lines.dropLast().joined(separator: "\n"))
  }
}

extension URLComponents {
  /// The value of a parameter.
  subscript(name: String) -> String? {
    get { queryItems?.first { $0.name == name }?.value }
    set {
      var items = (queryItems ?? []).filter { $0.name != name }
      if let newValue { items.append(URLQueryItem(name: name, value: newValue)) }
      queryItems = items
    }
  }
}

/// A stranger's connection to a port of this machine; closed with the value.
final class Stranger {
  private let descriptor: Int32
  let isConnected: Bool

  init(_ port: Int) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let descriptor = self.descriptor
    isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  deinit { close(descriptor) }

  /// Sends a request and gives the status of the answer; `nil` where the connection just ends.
  func status(of request: String) -> Int? {
    let bytes = Array(request.utf8)
    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    let words = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
    return words.count > 1 ? Int(words[1]) : nil
  }
}
