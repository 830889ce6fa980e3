package toolgate

import (
	"context"
	_ "embed"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

//go:embed runtime.wasm
var runtimeModule []byte

//go:embed compiler.wasm
var compilerModule []byte

// A module is compiled to machine code once in a process, by the first who needs it, and never given back.
type module struct {
	once     sync.Once
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	err      error
}

// Without initialisers that name the bytes: a program that never compiles documents is linked without the compiler.
var runtimeShared, compilerShared module

// instantiate makes an instance: memory of its own, and nothing that could be reached from outside of it.
func (m *module) instantiate(bytes []byte) (api.Module, error) {
	m.once.Do(func() {
		m.runtime = wazero.NewRuntime(context.Background())
		m.compiled, m.err = m.runtime.CompileModule(context.Background(), bytes)
	})
	if m.err != nil {
		return nil, &Error{Code: CodeEngine, Message: "the engine cannot be started here", cause: m.err}
	}
	// Without a name, so that there can be many.
	instance, err := m.runtime.InstantiateModule(context.Background(), m.compiled, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, &Error{Code: CodeEngine, Message: "an instance of the engine cannot be made", cause: err}
	}
	return instance, nil
}
