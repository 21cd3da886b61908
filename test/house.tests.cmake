script_test(layers layers_test.sh)
room_test(base_test base)
