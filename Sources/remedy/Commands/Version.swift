// `remedy version`: of the command, and of the broker where one answers.

internal import ArgumentParser
internal import BrokerInterface
internal import JSON

struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the versions of this command and, where it answers, of the broker.")

  @OptionGroup var global: GlobalOptions

  func run() throws {
    let broker: BrokerInfo.Result?
    let why: Failure?
    do throws(Failure) {
      broker = try global.call(BrokerInfo.self, BrokerInfo.Params())
      why = nil
    } catch {
      broker = nil
      why = error
    }
    if global.json {
      var object: JSONObject = ["client": .string(RemedyVersion.current)]
      object["broker"] = broker?.json ?? .null
      return try Output.write(.object(object))
    }
    try Output.write("remedy \(RemedyVersion.current)\n")
    if let broker {
      let mode: TerminalText = "\(broker.mode.rawValue) service, process \(broker.pid)"
      try Output.write("\(broker.name) \(broker.version) (" + mode + ")\n")
    } else if let why {
      Output.say(why.text(style: Style(hasColour: false, canMove: false, width: 80)))
    }
  }
}
