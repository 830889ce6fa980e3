package toolgate

import (
	"context"
	"encoding/json"
	"math"

	"github.com/tetratelabs/wazero/api"
)

// A caller calls the exports of one instance. It serves one goroutine at a time.
type caller struct {
	module api.Module
	memory api.Memory
	// Arguments and result of a call, so that calls allocate nothing.
	stack [8]uint64
}

// export is an exported function; one that is missing is a fault of the module.
func (c *caller) export(name string) (api.Function, error) {
	function := c.module.ExportedFunction(name)
	if function == nil {
		return nil, failure(CodeEngine, "the engine has no export `%s`", name)
	}
	return function, nil
}

// exports looks several up.
func (c *caller) exports(wanted map[string]*api.Function) error {
	for name, place := range wanted {
		function, err := c.export(name)
		if err != nil {
			return err
		}
		*place = function
	}
	return nil
}

// call returns the one result of an export as it is on the stack.
func (c *caller) call(function api.Function, arguments ...uint64) (uint32, error) {
	copy(c.stack[:], arguments)
	if err := function.CallWithStack(context.Background(), c.stack[:]); err != nil {
		return 0, trapped(err)
	}
	return uint32(c.stack[0]), nil
}

// status calls an export that may fail, and returns its number, which is not negative.
func (c *caller) status(function api.Function, arguments ...uint64) (uint32, error) {
	number, err := c.call(function, arguments...)
	if err != nil {
		return 0, err
	}
	if number > math.MaxInt32 {
		return 0, c.fault()
	}
	return number, nil
}

// view is a piece of the instance's memory, until the next call.
func (c *caller) view(addressOf, lengthOf api.Function) ([]byte, error) {
	address, err := c.call(addressOf)
	if err != nil {
		return nil, err
	}
	length, err := c.call(lengthOf)
	if err != nil {
		return nil, err
	}
	bytes, ok := c.memory.Read(address, length)
	if !ok {
		return nil, trapped(nil)
	}
	return bytes, nil
}

// output is what the last call has left, until the next.
func (c *caller) output() ([]byte, error) {
	var addressOf, lengthOf api.Function
	err := c.exports(map[string]*api.Function{"toolgate_output": &addressOf, "toolgate_output_len": &lengthOf})
	if err != nil {
		return nil, err
	}
	return c.view(addressOf, lengthOf)
}

// fault is what the last call has failed with.
func (c *caller) fault() error {
	output, err := c.output()
	if err != nil {
		return err
	}
	var told struct {
		Code    Code   `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(output, &told) != nil || told.Code == "" {
		// There was not even enough memory to tell it.
		return failure(CodeMemory, "the engine has no memory left")
	}
	return &Error{Code: told.Code, Message: told.Message}
}

// put makes a buffer in the instance and fills it with parts, one behind the other.
func (c *caller) put(parts ...[]byte) (address, length uint32, err error) {
	var total uint64
	for _, part := range parts {
		total += uint64(len(part))
	}
	if total > math.MaxUint32 {
		return 0, 0, failure(CodeTooLarge, "%d bytes are more than an instance of the engine can have", total)
	}
	alloc, err := c.export("toolgate_alloc")
	if err != nil {
		return 0, 0, err
	}
	address, err = c.call(alloc, total)
	if err != nil {
		return 0, 0, err
	}
	if address == 0 {
		return 0, 0, failure(CodeMemory, "an instance of the engine has no memory for %d bytes", total)
	}
	at := address
	for _, part := range parts {
		if !c.memory.Write(at, part) {
			return 0, 0, trapped(nil)
		}
		at += uint32(len(part))
	}
	return address, uint32(total), nil
}

// close gives the instance's memory back.
func (c *caller) close() {
	// Without imports and files there is nothing that could fail to close.
	_ = c.module.Close(context.Background())
}
