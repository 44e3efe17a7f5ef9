package import CVitqKernels
import VitqFormat

extension Model {
  /// What the C runtime executes, and all memory that it points to, for whoever runs it elsewhere.
  ///
  /// - Parameter body: What is called; nothing it is given is valid afterwards.
  /// - Returns: What `body` returns.
  package func withPrepared<R>(
    _ body: (_ program: UnsafePointer<vitq_program>, _ memory: [UnsafeRawBufferPointer]) -> R
  ) -> R {
    unsafe prepared.withProgram(prepared.origins.indices, nil) { program in
      unsafe body(program, prepared.memory)
    }
  }

  /// Where the class scores are in the arena, in bytes.
  package var scoresOffset: Int {
    prepared.layout.matrices[prepared.program.logits.index].offset
  }
}
