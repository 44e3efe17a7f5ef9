/// The order of the weight codes of a linear layer in a file: panels of 32 outputs × 4 inputs.
///
/// Outputs and inputs are padded with zeros to multiples of 32. Panel p holds outputs 32p … 32p+31,
/// and within it group g holds inputs 4g … 4g+3. With output c of 16 and input j of 4:
///
/// - 4 bits: a group is 64 bytes; byte 4c + j holds output 32p + c in its low and output
///   32p + 16 + c in its high nibble.
/// - 8 bits: a group is 128 bytes; byte 4c + j holds output 32p + c, byte 64 + 4c + j output
///   32p + 16 + c.
///
/// Codes are two's complement. Every group starts on a 64-byte boundary of the tensor, so the same
/// bytes serve every instruction set where they lie. See `formats/vitq.md`.
package struct PanelLayout: Sendable, Equatable {
  /// Outputs of a panel, and what the numbers of outputs and inputs are padded to.
  package static let panelOutputs = 32
  /// Inputs of a group.
  package static let groupInputs = 4

  package let outputs: Int
  package let inputs: Int
  /// 4 or 8.
  package let bits: Int

  /// The layout of a matrix of codes [outputs, inputs].
  package init(outputs: Int, inputs: Int, bits: Int) {
    precondition(outputs > 0 && inputs > 0, "a layer of \(outputs) × \(inputs) weights")
    precondition(bits == 4 || bits == 8, "codes of \(bits) bits")
    self.outputs = outputs
    self.inputs = inputs
    self.bits = bits
  }

  package var paddedOutputs: Int { Self.padded(outputs) }
  package var paddedInputs: Int { Self.padded(inputs) }
  package var panelCount: Int { paddedOutputs / Self.panelOutputs }
  package var panelByteCount: Int { paddedInputs * Self.panelOutputs * bits / 8 }
  package var byteCount: Int { panelCount * panelByteCount }

  /// `count` rounded up to a multiple of 32.
  package static func padded(_ count: Int) -> Int { (count + 31) / 32 * 32 }

  /// The codes that ``bits`` can hold.
  package var codes: ClosedRange<Int> { -(1 << (bits - 1))...(1 << (bits - 1)) - 1 }

  /// Packs codes [outputs, inputs], row-major, each in ``codes``.
  package func pack(_ codes: [Int8]) -> [UInt8] {
    precondition(codes.count == outputs * inputs, "\(codes.count) codes for \(self)")
    precondition(
      codes.allSatisfy { self.codes.contains(Int($0)) }, "a code does not fit \(bits) bits")
    var panels = [UInt8](repeating: 0, count: byteCount)
    for output in 0..<outputs {
      for input in 0..<inputs {
        let place = place(output: output, input: input)
        let code = UInt8(bitPattern: codes[output * inputs + input])
        panels[place.byte] |= bits == 8 ? code : (code & 0x0F) << place.shift
      }
    }
    return panels
  }

  /// The codes [outputs, inputs] of packed panels, without the padding.
  package func unpack(_ panels: [UInt8]) -> [Int8] {
    precondition(panels.count == byteCount, "\(panels.count) bytes for \(self)")
    var codes = [Int8](repeating: 0, count: outputs * inputs)
    for output in 0..<outputs {
      for input in 0..<inputs {
        let place = place(output: output, input: input)
        let byte = Int8(bitPattern: panels[place.byte] << (bits == 8 ? 0 : 4 - place.shift))
        codes[output * inputs + input] = bits == 8 ? byte : byte >> 4
      }
    }
    return codes
  }

  /// Where the code of an output and an input lies.
  private func place(output: Int, input: Int) -> (byte: Int, shift: UInt8) {
    let panel = output / 32 * panelByteCount
    let group = input / 4 * (16 * bits)
    let half = output % 32 / 16
    let cell = output % 16 * 4 + input % 4
    return bits == 8
      ? (panel + group + half * 64 + cell, 0) : (panel + group + cell, UInt8(half * 4))
  }
}
