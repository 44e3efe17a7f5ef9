import CVitqKernels
import VitqRuntime

/// A prepared program, an image and its class scores as bytes that `Tests/Replay/replay.c` runs on
/// any machine of 64 bits; that file has the format.
struct ReplayFile {
  private(set) var bytes: [UInt8] = []
  /// How many pointers the instructions have.
  private(set) var pointerCount = 0

  init(_ model: Model, image: [UInt8], scores: [Float]) {
    model.withPrepared { program, memory in
      let instructions = UnsafeRawBufferPointer(
        UnsafeBufferPointer(
          start: program.pointee.instructions, count: program.pointee.instruction_count))
      // A word that is an address in this memory is a pointer: no count is as large.
      var pointers: [Int] = []
      var starts: [Int] = []
      for region in memory { starts.append((starts.last ?? 0) + Self.aligned(region.count)) }
      starts.insert(0, at: 0)
      for place in stride(from: 0, to: instructions.count, by: 8) {
        let word = instructions.load(fromByteOffset: place, as: UInt.self)
        for (region, start) in zip(memory, starts) {
          let base = UInt(bitPattern: region.baseAddress)
          guard word >= base, word < base + UInt(region.count) else { continue }
          pointers += [place, start + Int(word - base)]
        }
      }
      pointerCount = pointers.count / 2
      bytes += Array("VTQPLAY1".utf8)
      append([
        program.pointee.instruction_count, MemoryLayout<vitq_instruction>.stride,
        program.pointee.scratch_offset, program.pointee.scratch_stride, starts[memory.count],
        pointerCount, image.count, model.scoresOffset, scores.count,
      ])
      append(pointers)
      append(instructions)
      for region in memory { append(region) }
      image.withUnsafeBytes { append($0) }
      align()
      for score in scores { append(littleEndian: score.bitPattern) }
    }
  }

  private mutating func append(_ numbers: [Int]) {
    for number in numbers { append(littleEndian: UInt64(number)) }
  }

  private mutating func append<T: FixedWidthInteger>(littleEndian number: T) {
    withUnsafeBytes(of: number.littleEndian) { bytes += Array($0) }
  }

  private mutating func append(_ region: UnsafeRawBufferPointer) {
    align()
    bytes += Array(region)
  }

  private mutating func align() {
    bytes += Array(repeating: 0, count: Self.aligned(bytes.count) - bytes.count)
  }

  private static func aligned(_ count: Int) -> Int { (count + 63) / 64 * 64 }
}
