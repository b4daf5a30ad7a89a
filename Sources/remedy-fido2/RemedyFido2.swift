// The helper of `remedy` for security keys: one request on standard input, the answer on standard
// output, as `SecurityKeys` has both. It holds no secret but the PIN, for as long as the key needs it,
// and is told nothing by its arguments or its environment.

internal import CLinux
internal import Glibc
internal import JSON
internal import SecurityKeys

@main
enum RemedyFido2 {
  private static let usage = """
    usage: remedy-fido2 [--device PATH]...

    Asks a security key for what the request on standard input says; remedy starts it.
    --device PATH   take this device, and no other (fido2-token -L lists them)

    """

  static func main() {
    // A PIN passes through here.
    _ = remedy_set_not_dumpable()
    _ = remedy_raise_core_limit_zero()
    // Descriptor by descriptor is read here; what is written to a closed pipe is noticed by itself.
    var devices: [String] = []
    var arguments = CommandLine.arguments.dropFirst()
    while let argument = arguments.popFirst() {
      switch argument {
      case "--device":
        guard let path = arguments.popFirst() else { refuse("--device needs a path") }
        devices.append(path)
      case "--help", "-h":
        write(usage, to: 1)
        exit(0)
      default:
        refuse("what is \(argument)?")
      }
    }
    if isatty(0) == 1 { refuse("the request comes on standard input, from remedy") }

    let orders = OrderLine()
    guard case .request(let context)? = orders.next() else {
      fail(.badRequest("webauthn"))
    }
    let request: KeyRequest
    do throws(KeyFault) {
      request = try KeyRequest(context: context)
      let ring = try KeyRing(paths: devices, orders: orders)
      say(.result(try ring.answer(request)))
      exit(0)
    } catch {
      fail(error)
    }
  }

  /// Tells the command; a command that is gone is noticed on standard input.
  static func say(_ report: KeyReport) {
    write(JSONWriter.text(report.json) + "\n", to: 1)
  }

  private static func fail(_ fault: KeyFault) -> Never {
    say(.failure(fault))
    switch fault {
    case .badRequest, .foreignParty: exit(2)
    default: exit(1)
    }
  }

  private static func refuse(_ why: String) -> Never {
    write("remedy-fido2: \(why)\n\(usage)", to: 2)
    exit(2)
  }

  private static func write(_ text: String, to descriptor: CInt) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        return
      }
    }
  }
}
