import Foundation
import VitqCommandLine
import VitqFaults
import VitqKit
import VitqReporting

/// `vitq bench --rounds`: times one model when another program asks for it.
enum RoundsBody {
  private struct Request: Decodable {
    let runs: Int
  }

  /// Greets with what was loaded, answers each request, and ends with the peak memory.
  static func run(_ path: String, threads: Int) throws {
    let model = try CommandFailure.mapping { () throws(KitError) in
      try TimedModel(path: path, threads: threads)
    }
    let first = try seconds(of: 1, model)[0]
    answer([
      ("engine", .string(model.classifier.engine)), ("load_seconds", .number(model.loadSeconds)),
      ("first_seconds", .number(first)),
    ])
    while let line = readLine() {
      guard let request = try? JSONDecoder().decode(Request.self, from: Data(line.utf8)),
        (1...100_000).contains(request.runs)
      else {
        throw CommandFailure(
          .malformedInput, "standard input: expected {\"runs\": 1 to 100000}, found '\(line)'")
      }
      let seconds = try seconds(of: request.runs, model)
      answer([("seconds", .array(seconds.map(JSONText.number)))])
    }
    answer([("peak_bytes", .integer(ProcessMemory.peakByteCount))])
  }

  private static func seconds(of runs: Int, _ model: TimedModel) throws -> [Double] {
    try CommandFailure.mapping { () throws(KitError) in
      var seconds: [Double] = []
      for _ in 0..<runs { seconds.append(try model.run()) }
      return seconds
    }
  }

  private static func answer(_ members: [(String, JSONText)]) {
    Output.line(JSONText.object(members).text)
  }
}
