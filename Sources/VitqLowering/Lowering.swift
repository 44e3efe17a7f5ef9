import VitqFormat
package import VitqGraph

/// From a quantized graph to the program that the runtime executes.
package enum Lowering {
  /// Lowers a graph that reads one image of pixels and returns class scores.
  ///
  /// - Throws: ``LoweringError``, naming the node that no instruction computes.
  package static func lower(
    _ graph: Graph, options: LoweringOptions = LoweringOptions()
  ) throws(LoweringError) -> LoweredModel {
    var selector = try InstructionSelector(graph, options: options)
    try selector.select()
    let schedule = Schedule.applied(
      to: selector.program, sharesMemory: !options.keepsCodes)
    return LoweredModel(
      program: schedule.program, constants: selector.constants,
      codes: options.keepsCodes ? selector.storedCodes(in: schedule.buffers) : [:])
  }
}
