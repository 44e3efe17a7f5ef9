import VitqCommandLine
import VitqKit
import VitqReporting

/// The graph of a full-precision model; `vitq` prints the rest of `inspect` itself.
enum InspectBody {
  static func run(_ options: InspectOptions) throws {
    let graph = try CommandFailure.mapping { () throws(KitError) in
      try GraphListing(path: options.file)
    }
    Output.line(options.json ? json(graph).text : CommandFailure.printableLines(graph.text))
  }

  private static func json(_ graph: GraphListing) -> JSONText {
    .object([
      ("schema", .string("vitq.graph/1")),
      (
        "nodes",
        .array(
          graph.nodes.map { node in
            .object([
              ("name", .string(node.name)), ("operation", .string(node.operation)),
              ("operands", .array(node.operands.map(JSONText.string))),
              ("shape", .array(node.shape.map(JSONText.integer))),
            ])
          })
      ),
      ("outputs", .array(graph.outputs.map(JSONText.string))),
      (
        "landmarks",
        .object(graph.landmarks.map { ($0.landmark, .string($0.node)) })
      ),
    ])
  }
}

extension CommandFailure {
  /// Lines of untrusted text that a terminal shows as they are.
  fileprivate static func printableLines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { printable(String($0)) }.joined(separator: "\n")
  }
}
