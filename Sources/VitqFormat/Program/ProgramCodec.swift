/// A program as bytes: the tensor `program` of a file; see `formats/vitq.md`.
///
/// Numbers are little-endian. Reading accepts exactly what writing produces: every code, count and
/// range is checked. What the numbers mean together is checked by ``ProgramVerifier``.
package enum ProgramCodec {
  /// The version that is written, and the newest that is read.
  package static let version = 4
  /// The oldest that is read: instruction 18 is not in it.
  private static let oldestVersion = 3

  static let magic = Array("VTQP".utf8)
  /// What stands for a buffer that is not there.
  static let noBuffer = UInt32.max

  package static func encode(_ program: Program) -> [UInt8] {
    var writer = ProgramWriter()
    writer.bytes += magic
    writer.count(version)
    writer.count(program.imageHeight)
    writer.count(program.imageWidth)
    writer.count(program.buffers.count)
    for buffer in program.buffers {
      writer.count(buffer.rows)
      writer.count(buffer.columns)
      writer.code(buffer.type.rawValue)
      writer.count(buffer.group)
    }
    writer.buffer(program.logits)
    if let features = program.features {
      writer.buffer(features)
    } else {
      writer.integer(noBuffer)
    }
    writer.count(program.instructions.count)
    for instruction in program.instructions { writer.instruction(instruction) }
    return writer.bytes
  }

  package static func decode(_ bytes: [UInt8]) throws(ProgramError) -> Program {
    guard bytes.starts(with: magic) else { throw .notAProgram }
    var reader = ProgramReader(bytes, position: magic.count)
    let version = try reader.count("version", limit: .max)
    guard version <= Self.version else {
      throw .newerVersion(found: version, supported: Self.version)
    }
    guard version >= Self.oldestVersion else {
      throw .unknownCode(ProgramPlace("version"), found: version)
    }
    var program = Program(
      imageHeight: try reader.count("imageHeight", limit: Program.Limit.imageSide),
      imageWidth: try reader.count("imageWidth", limit: Program.Limit.imageSide))
    let bufferCount = try reader.count("buffers.count", limit: Program.Limit.bufferCount)
    for index in 0..<bufferCount {
      program.buffers.append(try reader.bufferDeclaration(index))
    }
    program.logits = try reader.buffer("logits")
    program.features = try reader.optionalBuffer("features")
    let count = try reader.count("instructions.count", limit: Program.Limit.instructionCount)
    for index in 0..<count {
      reader.instruction = index
      program.instructions.append(try reader.nextInstruction())
    }
    guard reader.remainingCount == 0 else { throw .trailingBytes(count: reader.remainingCount) }
    return program
  }
}

/// The first byte of the record of an instruction.
enum InstructionCode: UInt8 {
  case imagePatches = 1
  case fill = 2
  case linear = 3
  case layerNorm = 4
  case quantize = 5
  case attention = 6
  case mean = 7
  case barrier = 8
  case gatherNorm = 9
  case scatterLinear = 10
  case windowAttention = 11
  case codebook = 12
  case quantizeRows = 13
  case rescaleRows = 14
  case realAttention = 15
  case realWindowAttention = 16
  case realGatherNorm = 17
  case lookUp = 18
}

enum EpilogueCode: UInt8 {
  case store = 0
  case accumulate = 1
  case quantize = 2
  case geluQuantize = 3
}

enum RowEpilogueCode: UInt8 {
  case store = 0
  case accumulate = 1
  case scatter = 2
  case gelu = 3
  case quantize = 4
}

enum GatherCode: UInt8 {
  case windows = 0
  case neighbours = 1
}

enum ProbabilitiesCode: UInt8 {
  case log = 0
  case uniform = 1
  case table = 2
}
