/// Why a graph has no program.
package enum LoweringError: Error, Equatable {
  /// No instruction computes this node from its operands.
  case noInstruction(node: String, mnemonic: String)
  /// An operand that an instruction reads is in no buffer.
  case notInMemory(node: String, mnemonic: String, reader: String)
  /// A linear layer reads real numbers, or its weight or bias is no constant.
  case notQuantized(node: String, operand: Int)
  /// A quantizer whose codes an instruction cannot hold.
  case unsupportedCodes(node: String, expected: ClosedRange<Int>, found: ClosedRange<Int>)
  /// The quantizer of the image is not the identity on bytes.
  case unsupportedImageQuantizer(node: String)
  /// A sum is computed in the memory of an operand that is read again later.
  case overwritten(node: String, reader: String)
  /// The position bias of attention does not depend on the offset between two tokens alone.
  case unsupportedBias(node: String)
  /// The mask of attention does not tell regions of a window from one another.
  case unsupportedMask(node: String)
  /// The graph does not have one image as input and one real result.
  case unsupportedInterface(inputs: Int, outputs: Int)
}

extension LoweringError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noInstruction(let node, let mnemonic):
      "node '\(node)' (\(mnemonic)): no instruction of the runtime computes it from its operands"
    case .notInMemory(let node, let mnemonic, let reader):
      "node '\(node)' (\(mnemonic)): no instruction computes it, but node '\(reader)' reads it"
    case .notQuantized(let node, let operand):
      "node '\(node)': operand \(operand): expected "
        + ["quantized values", "a quantized constant", "a constant"][min(operand, 2)]
    case .unsupportedCodes(let node, let expected, let found):
      "node '\(node)': unsupported codes: expected \(expected), found \(found)"
    case .unsupportedImageQuantizer(let node):
      "node '\(node)': unsupported quantizer of the image: expected step 1/255, codes 0...255"
    case .overwritten(let node, let reader):
      "node '\(node)': overwritten by a sum before node '\(reader)' reads it"
    case .unsupportedBias(let node):
      "node '\(node)': unsupported bias: expected one value for each offset between two tokens"
    case .unsupportedMask(let node):
      "node '\(node)': unsupported mask: expected 0 within regions of a window, and one value "
        + "between them"
    case .unsupportedInterface(let inputs, let outputs):
      "graph: expected 1 image and 1 output, found \(inputs) inputs and \(outputs) outputs"
    }
  }
}
